import { Database, readMigrations, readSchemaState } from '@prompt-card/store';
import type { Config } from '../config.ts';

/**
 * Prints a JSON line for each migration of this build, with its SQL and whether the configured database
 * lacks it; without a database that is not said. Changes nothing, and starts nothing.
 */
export async function runMigrations(config: Config, migrationsFolder: string): Promise<void> {
  const known = await readMigrations(migrationsFolder);
  const pending = await pendingTags(config.databaseUrl, known);
  for (const { tag, statements } of known) {
    const line = {
      event: 'migration',
      tag,
      ...(pending && { pending: pending.includes(tag) }),
      // A statement may end in a comment, which would swallow the semicolon.
      sql: statements.join('\n;\n'),
    };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
}

async function pendingTags(
  url: string | undefined,
  known: Awaited<ReturnType<typeof readMigrations>>,
): Promise<readonly string[] | undefined> {
  if (url === undefined) return undefined;
  const database = new Database({
    url,
    applicationName: 'prompt-card-migrations',
    maxConnections: 1,
    // The query in flight reports it.
    onIdleError: () => undefined,
  });
  try {
    return (await readSchemaState(database, known)).pending;
  } finally {
    await database.close();
  }
}
