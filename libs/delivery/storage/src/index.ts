export {
  FileSystemArtifactStore,
  type FileSystemStoreOptions,
} from './file-system/file-system-artifact-store.ts';
export { loadServerKey, type ServerKey } from './file-system/server-key.ts';
export { MemoryTier, type MemoryTierOptions } from './memory/memory-tier.ts';
export { StorageError, type StorageErrorCode } from './storage-error.ts';
