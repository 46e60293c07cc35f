import pg from 'pg';
import { assertDatabaseUrl } from './database.ts';
import { toStoreError, translateErrors } from './database-error.ts';
import { pendingMigrations, readMigrations, type Migration } from './migration.ts';
import { StoreError } from './store-error.ts';

export interface MigrateOptions {
  readonly url: string;
  readonly migrationsFolder: string;
  /** How long to wait while another process migrates. Default 60 s. */
  readonly turnTimeoutMs?: number;
  readonly onApplied?: (migration: { tag: string; durationMs: number }) => void;
}

/**
 * Applies what is pending and returns the tags. An advisory lock lets one process migrate at a time; the
 * others wait and then find nothing to do. Each migration is one transaction together with its record.
 */
export async function migrate(options: MigrateOptions): Promise<string[]> {
  assertDatabaseUrl(options.url);
  const known = await readMigrations(options.migrationsFolder);
  const client = new pg.Client({
    connectionString: options.url,
    application_name: 'prompt-card-migrate',
    connectionTimeoutMillis: 10_000,
  });
  // The pending query reports a lost connection; without a listener the event ends the process.
  client.on('error', () => undefined);
  await translateErrors(() => client.connect());
  try {
    await translateErrors(() => takeTurn(client, options.turnTimeoutMs ?? 60_000));
    return await applyPending(client, known, options.onApplied);
  } finally {
    await client.end();
  }
}

/** Any constant will do; this one is ours. Released with the connection, also after a crash. */
export const advisoryLock = 0x70636d67;

async function takeTurn(client: pg.Client, timeoutMs: number): Promise<void> {
  await client.query(`SELECT set_config('lock_timeout', $1, false)`, [`${timeoutMs}ms`]);
  await client.query('SELECT pg_advisory_lock($1)', [advisoryLock]);
  // DDL waits behind running transactions, and all traffic waits behind DDL: better to fail and retry.
  await client.query(`SET lock_timeout = '5s'`);
}

async function applyPending(
  client: pg.Client,
  known: readonly Migration[],
  onApplied: MigrateOptions['onApplied'],
): Promise<string[]> {
  const applied = await translateErrors(async () => {
    await client.query(`
      CREATE TABLE IF NOT EXISTS schema_migrations (
        position integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        tag text NOT NULL UNIQUE,
        hash text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
      )`);
    const query = 'SELECT tag, hash FROM schema_migrations ORDER BY position';
    return (await client.query<{ tag: string; hash: string }>(query)).rows;
  });
  const pending = pendingMigrations(known, applied);
  for (const migration of pending) {
    const startedAt = performance.now();
    await apply(client, migration);
    onApplied?.({ tag: migration.tag, durationMs: Math.round(performance.now() - startedAt) });
  }
  return pending.map(({ tag }) => tag);
}

async function apply(client: pg.Client, { tag, hash, statements }: Migration): Promise<void> {
  try {
    await client.query('BEGIN');
    for (const statement of statements) await client.query(statement);
    await client.query('INSERT INTO schema_migrations (tag, hash) VALUES ($1, $2)', [tag, hash]);
    await client.query('COMMIT');
  } catch (error) {
    // The connection ends next, which rolls back as well when this cannot.
    await client.query('ROLLBACK').catch(() => undefined);
    const cause = toStoreError(error).cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StoreError('MIGRATION_FAILED', `migration ${tag} failed: ${reason}`, {
      cause,
      next: 'nothing of it was applied: correct it, or wait for a quieter moment, and migrate again',
    });
  }
}
