export {
  FileSystemArtifactStore,
  type FileSystemStoreOptions,
} from './file-system/file-system-artifact-store.ts';
export { loadServerKey, type ServerKey } from './file-system/server-key.ts';
export { MemoryTier, type MemoryTierOptions } from './memory/memory-tier.ts';
export { Bucket, type BucketOptions } from './s3/bucket.ts';
export { S3ArtifactStore, type S3StoreOptions } from './s3/s3-artifact-store.ts';
export { StorageError, type StorageErrorCode } from './storage-error.ts';
