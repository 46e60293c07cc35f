export {
  EmbeddedPostgresError,
  type EmbeddedPostgresErrorCode,
} from './embedded-postgres-error.ts';
export { runningDatabaseUrl } from './running-database-url.ts';
export { startPostgres, type PostgresServer, type StartOptions } from './start-postgres.ts';
export { stopPostgres, type StopOptions } from './stop-postgres.ts';
export { startTemporaryPostgres, type TemporaryOptions } from './temporary-postgres.ts';
