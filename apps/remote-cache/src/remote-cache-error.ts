import { CodedError } from '@prompt-card/core';

export type RemoteCacheErrorCode =
  | 'CONFIG_INVALID'
  | 'COMMAND_UNKNOWN'
  | 'TOKEN_UNKNOWN'
  | 'TOKEN_FILE_DAMAGED'
  | 'ADDRESS_IN_USE'
  | 'RUN_RECORD_MISSING'
  | 'SERVER_UNREACHABLE';

/** What ends a command. Requests never end in one: they are answered. */
export class RemoteCacheError extends CodedError<RemoteCacheErrorCode> {}
