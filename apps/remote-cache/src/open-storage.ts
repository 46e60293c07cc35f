import { join } from 'node:path';
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
  if (config.s3) throw new Error('not yet');
  const files = FileSystemArtifactStore.open({ root: join(dir), now, onQuarantine });
  return {
    store: files,
    quarantine: files,
    locator: files,
    key: files.key,
    upkeep: () => files.saveReadingTimes(),
  };
}
