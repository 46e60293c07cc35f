import { fileURLToPath } from 'node:url';
import { CodedError } from '@prompt-card/core';
import { runMigrate } from './commands/migrate-command.ts';
import { runMigrations } from './commands/migrations-command.ts';
import { runServe } from './commands/serve-command.ts';
import { readConfig } from './config.ts';

/** The bundle's own folders; the build puts them beside it. */
const folder = (name: string) => fileURLToPath(new URL(`./${name}`, import.meta.url));

async function main([command = 'serve', ...rest]: readonly string[]): Promise<void> {
  if (rest.length > 0 || !['serve', 'migrate', 'migrations'].includes(command)) {
    throw new Error(
      `unknown command "${[command, ...rest].join(' ')}": use serve, migrate or migrations`,
    );
  }
  const config = readConfig(process.env);
  if (command === 'migrate') return runMigrate(config, folder('migrations'));
  if (command === 'migrations') return runMigrations(config, folder('migrations'));
  return runServe(config, { migrations: folder('migrations'), docsAssets: folder('static') });
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const { message } = error as Error;
  const known = error instanceof CodedError ? { code: error.code, next: error.next } : {};
  const line = { level: 'fatal', event: 'failed', message, ...known };
  process.stderr.write(`${JSON.stringify(line)}\n`);
  process.exitCode = 1;
}
// A request that was cut off may still hold a timer; nothing of it is waited for any longer.
process.exit();
