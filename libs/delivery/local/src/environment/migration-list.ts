import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { MigrationText } from '@prompt-card/rollout';
import { LocalError } from '../errors.ts';

/** A migration that a build brings. */
export interface ListedMigration extends MigrationText {
  /** The database lacks it; `undefined` where the build was not told of a database. */
  readonly pending: boolean | undefined;
}

const TIMEOUT_MS = 30_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

const run = promisify(execFile);

/**
 * Asks a build for its migrations: `args` makes it print one line
 * `{"event":"migration","tag":"0001_cards","pending":true,"sql":"..."}` for each and change nothing.
 */
export async function listMigrations(
  artifact: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<readonly ListedMigration[]> {
  try {
    const { stdout } = await run(process.execPath, args, {
      cwd: artifact,
      env,
      timeout: TIMEOUT_MS,
      maxBuffer: MAX_OUTPUT_BYTES,
    });
    return stdout.split('\n').flatMap(parseLine);
  } catch (cause) {
    const { stderr, message } = cause as Error & { stderr?: string };
    throw new LocalError(
      'MIGRATIONS_UNKNOWN',
      `${artifact} does not say which migrations it brings: ${stderr?.trim() || message}`,
      { cause, next: `try it: node ${args.join(' ')} in that folder` },
    );
  }
}

function parseLine(line: string): readonly ListedMigration[] {
  if (!line.startsWith('{')) return [];
  const { event, tag, sql, pending } = JSON.parse(line) as Record<string, unknown>;
  if (event !== 'migration' || typeof tag !== 'string' || typeof sql !== 'string') return [];
  return [{ tag, sql, pending: typeof pending === 'boolean' ? pending : undefined }];
}
