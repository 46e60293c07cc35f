import { CodedError } from '@prompt-card/core';

export type StorageErrorCode =
  'STORAGE_FOLDER_UNUSABLE' | 'STORAGE_KEY_DAMAGED' | 'STORAGE_BUCKET_UNREACHABLE';

/** What keeps a store from opening. Once open, a store answers with outcomes and not with errors. */
export class StorageError extends CodedError<StorageErrorCode> {}
