import path from 'node:path';
import { startTemporaryPostgres, type PostgresServer } from '@prompt-card/embedded-postgres';
import { Database, migrate, readMigrations } from '@prompt-card/store';
import type { FastifyInstance } from 'fastify';
import { buildApp, type AppDependencies } from '../app.ts';
import { noFaults } from '../faults.ts';

export const migrationsFolder = path.join(__dirname, '../../../../libs/product/store/migrations');

export const testIdentity = { revision: 'rev-7', colour: 'green', version: '1.2.3' };

/** The app on a real, migrated database; `close` ends both. */
export interface TestApp {
  readonly app: FastifyInstance;
  readonly database: Database;
  close(): Promise<void>;
}

export interface TestAppOptions {
  /** Name of the database; each suite has its own. */
  readonly name: string;
  readonly migrated?: boolean;
  readonly overrides?: Partial<AppDependencies>;
}

export async function startTestApp(
  server: PostgresServer,
  { name, migrated = true, overrides = {} }: TestAppOptions,
): Promise<TestApp> {
  await server.createDatabase(name);
  const url = server.url(name);
  if (migrated) await migrate({ url, migrationsFolder });
  const database = new Database({ url, applicationName: name });
  const app = await buildApp({
    identity: testIdentity,
    database,
    migrations: await readMigrations(migrationsFolder),
    faults: noFaults,
    logger: false,
    ...overrides,
  });
  return {
    app,
    database,
    async close() {
      await app.close();
      await database.close();
    },
  };
}

export { startTemporaryPostgres, type PostgresServer };
