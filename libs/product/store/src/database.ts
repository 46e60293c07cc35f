import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import pg from 'pg';
import { translateErrors } from './database-error.ts';
import { StoreError } from './store-error.ts';

export interface DatabaseOptions {
  /** `postgresql://user:password@host:port/database`. */
  readonly url: string;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** Default 10. All revisions together must stay below the server's max_connections. */
  readonly maxConnections?: number;
  /** How long a request may wait for a connection. Default 3 s. */
  readonly connectTimeoutMs?: number;
  /** How long one statement may run. Default 5 s. */
  readonly statementTimeoutMs?: number;
  /** Told about connections that broke while idle; the pool replaces them. */
  readonly onIdleError?: (error: Error) => void;
}

/** A pool of connections. Opening it connects to nothing yet. */
export class Database {
  readonly #pool: pg.Pool;
  /** For the repositories of this library. */
  readonly orm: NodePgDatabase;

  constructor(options: DatabaseOptions) {
    assertDatabaseUrl(options.url);
    const statementTimeoutMs = options.statementTimeoutMs ?? 5_000;
    this.#pool = new pg.Pool({
      connectionString: options.url,
      application_name: options.applicationName,
      max: options.maxConnections ?? 10,
      connectionTimeoutMillis: options.connectTimeoutMs ?? 3_000,
      idleTimeoutMillis: 30_000,
      statement_timeout: statementTimeoutMs,
      // The server's own timeout cannot fire on a network that went silent; this one can.
      query_timeout: statementTimeoutMs + 1_000,
    });
    // Without a listener an idle connection's end would take the process down.
    this.#pool.on('error', (error) => options.onIdleError?.(error));
    this.orm = drizzle(this.#pool);
  }

  /** Throws unless the server answers a query. */
  async ping(): Promise<void> {
    await this.query('SELECT 1');
  }

  /** Runs one parameterised statement outside of the schema's tables. */
  async query(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    return translateErrors(async () => {
      const result = await this.#pool.query<Record<string, unknown>>(text, values);
      return result.rows;
    });
  }

  /** Waits for running queries, then closes all connections. */
  async close(): Promise<void> {
    await this.#pool.end();
  }
}

/** The URL itself holds a password, so the error does not quote it. */
export function assertDatabaseUrl(url: string): void {
  if (URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol)) return;
  throw new StoreError('DATABASE_URL_INVALID', 'DATABASE_URL is not a PostgreSQL URL', {
    next: 'write it as postgresql://user:password@host:port/database',
  });
}
