import type {
  ArtifactLocator,
  ArtifactStore,
  Quarantine,
  QuarantinedArtifact,
} from '@prompt-card/cache';
import { FileSystemArtifactStore, type ServerKey } from '@prompt-card/storage';
import type { ServerConfig } from './config.ts';

/** The chosen store in its roles. */
export interface Storage {
  readonly store: ArtifactStore;
  readonly quarantine: Quarantine;
  readonly locator: ArtifactLocator;
  readonly key: ServerKey;
  /** Called every minute and at the end. */
  upkeep(): Promise<void>;
}

/** Files by default; a bucket, with the files as its near tier, when one is configured. */
export async function openStorage(
  config: ServerConfig,
  dir: string,
  now: () => number,
  onQuarantine: (artifact: QuarantinedArtifact) => void,
): Promise<Storage> {
  const { s3 } = config;
  const files = FileSystemArtifactStore.open({ root: dir, now, onQuarantine });
  if (!s3) {
    return {
      store: files,
      quarantine: files,
      locator: files,
      key: files.key,
      upkeep: () => files.saveReadingTimes(),
    };
  }
  // Most servers have no bucket, and the SDK is most of the program: it is loaded when it is used.
  const { openBucketStorage } = await import('./open-bucket-storage.ts');
  return openBucketStorage(config, s3, dir, now, files);
}
