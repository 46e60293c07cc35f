import type {
  ArtifactLocator,
  ArtifactStore,
  Quarantine,
  QuarantinedArtifact,
} from '@prompt-card/cache';
import {
  Bucket,
  FileSystemArtifactStore,
  S3ArtifactStore,
  type ServerKey,
} from '@prompt-card/storage';
import type { ServerConfig } from './config.ts';
import { Retention } from './upkeep/retention.ts';

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
  const bucket = new Bucket(s3);
  await bucket.check();
  const store = new S3ArtifactStore({ bucket, prefix: s3.prefix, near: files, key: files.key });
  const { trusted, pullRequest } = config.limits;
  const nearRetention = new Retention({
    store: files,
    now,
    limits: { maxBytes: config.nearMaxBytes, trusted, pullRequest },
    onEvict: () => undefined,
    reserve: { folder: dir, bytes: config.minFreeBytes },
  });
  return {
    store,
    quarantine: files,
    locator: store,
    key: files.key,
    async upkeep() {
      await nearRetention.sweep();
      await files.saveReadingTimes();
    },
  };
}
