import type { FileSystemArtifactStore } from '@prompt-card/storage';
import { Bucket, S3ArtifactStore } from '@prompt-card/storage/s3';
import type { S3Config, ServerConfig } from './config.ts';
import type { Storage } from './open-storage.ts';
import { Retention } from './upkeep/retention.ts';

/** A bucket with `near` as its near tier, which has limits of its own. */
export async function openBucketStorage(
  config: ServerConfig,
  s3: S3Config,
  dir: string,
  now: () => number,
  near: FileSystemArtifactStore,
): Promise<Storage> {
  const bucket = new Bucket(s3);
  await bucket.check();
  const store = new S3ArtifactStore({ bucket, prefix: s3.prefix, near, key: near.key });
  const { trusted, pullRequest } = config.limits;
  const nearRetention = new Retention({
    store: near,
    now,
    limits: { maxBytes: config.nearMaxBytes, trusted, pullRequest },
    onEvict: () => undefined,
    reserve: { folder: dir, bytes: config.minFreeBytes },
  });
  return {
    store,
    quarantine: near,
    locator: store,
    key: near.key,
    async upkeep() {
      await nearRetention.sweep();
      await near.saveReadingTimes();
    },
  };
}
