import pg from 'pg';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { systemErrorCode } from './system-error-code.ts';

/** How to log in to the server as its superuser. */
export interface Superuser {
  readonly port: number;
  readonly password: string;
}

export function connectionUrl({ port, password }: Superuser, database: string): string {
  return `postgresql://postgres:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}

/**
 * Whether the server answers a query. A process that was just killed may still be listed and its port
 * may still accept; only an answer tells a server to adopt from one that is going away.
 */
export async function answersQueries(superuser: Superuser): Promise<boolean> {
  try {
    await query(superuser, 'SELECT 1');
    return true;
  } catch (error) {
    if (goingAway.has(systemErrorCode(error) ?? '')) return false;
    // pg has no code for a connection that ends during the login.
    if (error instanceof Error && /terminated unexpectedly|timeout/i.test(error.message))
      return false;
    throw error;
  }
}

/** cannot_connect_now, admin_shutdown, crash_shutdown, and what the socket says. */
const goingAway = new Set(['57P03', '57P01', '57P02', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE']);

/** Creates a database unless it exists. Concurrent calls for one name are fine. */
export async function createDatabase(superuser: Superuser, name: string): Promise<void> {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name)) {
    throw new EmbeddedPostgresError('DATABASE_NAME_INVALID', `not a database name: "${name}"`, {
      next: 'use at most 63 lower-case letters, digits and underscores, and begin with no digit',
    });
  }
  try {
    // template0 has no connections, so two creations at once do not block each other as with template1.
    await query(superuser, `CREATE DATABASE "${name}" TEMPLATE template0`);
  } catch (error) {
    // duplicate_database; a race for one name ends in unique_violation on the catalog instead.
    if (['42P04', '23505'].includes(systemErrorCode(error) ?? '')) return;
    throw new EmbeddedPostgresError(
      'DATABASE_CREATION_FAILED',
      `cannot create database "${name}"`,
      { cause: error, next: 'read the server log' },
    );
  }
}

async function query(superuser: Superuser, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({
    connectionString: connectionUrl(superuser, 'postgres'),
    connectionTimeoutMillis: 5_000,
  });
  // A server that stops ends the connection with an error event; the pending query reports it.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}
