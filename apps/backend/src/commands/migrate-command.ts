import { migrate } from '@prompt-card/store';
import type { Config } from '../config.ts';
import { leaseDatabase } from './database-url.ts';

/** Applies pending migrations and prints a JSON line for each, then one with their number. */
export async function runMigrate(config: Config, migrationsFolder: string): Promise<void> {
  const database = await leaseDatabase(config.databaseUrl);
  try {
    const applied = await migrate({
      url: database.url,
      migrationsFolder,
      onApplied: (migration) => printLine({ event: 'migrated', ...migration }),
    });
    printLine({ event: 'done', applied: applied.length });
  } finally {
    await database.release();
  }
}

function printLine(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
