import { CodedError } from '@prompt-card/core';

/** Everything that can keep the embedded server from doing what it was asked. */
export type EmbeddedPostgresErrorCode =
  | 'PLATFORM_UNSUPPORTED'
  | 'BINARIES_MISSING'
  | 'BINARIES_READ_ONLY'
  | 'SERVER_USER_MISSING'
  | 'PATH_UNREACHABLE'
  | 'DATA_DIRECTORY_FOREIGN'
  | 'INITDB_FAILED'
  | 'PORT_IN_USE'
  | 'START_FAILED'
  | 'STOP_FAILED'
  | 'DATABASE_NAME_INVALID'
  | 'DATABASE_CREATION_FAILED';

export class EmbeddedPostgresError extends CodedError<EmbeddedPostgresErrorCode> {}
