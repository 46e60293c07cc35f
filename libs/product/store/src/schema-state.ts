import type { Database } from './database.ts';
import { pendingMigrations, type AppliedMigration, type Migration } from './migration.ts';

/** How far a database is. */
export interface SchemaState {
  /** Tag of the last migration applied, or null for a database without any. */
  readonly version: string | null;
  /** Tags of the migrations that this revision needs and the database lacks. */
  readonly pending: readonly string[];
}

/** Compares a database with the migrations a revision brings along. */
export async function readSchemaState(
  database: Pick<Database, 'query'>,
  known: readonly Migration[],
): Promise<SchemaState> {
  const applied = await readApplied(database);
  return {
    version: applied.at(-1)?.tag ?? null,
    pending: pendingMigrations(known, applied).map(({ tag }) => tag),
  };
}

async function readApplied(database: Pick<Database, 'query'>): Promise<AppliedMigration[]> {
  const [found] = await database.query(`SELECT to_regclass('schema_migrations') AS name`);
  if (found?.['name'] === null) return [];
  const rows = await database.query('SELECT tag, hash FROM schema_migrations ORDER BY position');
  return rows.map((row) => ({ tag: String(row['tag']), hash: String(row['hash']) }));
}
