import { CodedError } from '@prompt-card/core';

/** Everything that can go wrong between the product and its database. */
export type StoreErrorCode =
  | 'DATABASE_URL_INVALID'
  | 'DATABASE_UNREACHABLE'
  | 'DATABASE_TIMEOUT'
  | 'DATABASE_FAILED'
  | 'CURSOR_INVALID'
  | 'MIGRATIONS_UNREADABLE'
  | 'MIGRATION_CHANGED'
  | 'MIGRATION_FAILED';

export class StoreError extends CodedError<StoreErrorCode> {}
