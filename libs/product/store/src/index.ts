export {
  CardRepository,
  type CardListing,
  type CardListPage,
  type CardRepositoryOptions,
  type CardUpdate,
} from './card-repository.ts';
export { Database, type DatabaseOptions } from './database.ts';
export { migrate, type MigrateOptions } from './migrate.ts';
export { readMigrations, type Migration } from './migration.ts';
export { readSchemaState, type SchemaState } from './schema-state.ts';
export { StoreError, type StoreErrorCode } from './store-error.ts';
export { uuidV7 } from './uuid-v7.ts';
