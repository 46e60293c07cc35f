import {
  artifactName,
  parseTaskHash,
  parseTrustScope,
  type ArtifactId,
  type ArtifactLocator,
  type ArtifactRecord,
  type ArtifactStore,
  type IncomingArtifact,
  type OpenArtifact,
  type StoredArtifact,
  type Verification,
  type WriteOutcome,
} from '@prompt-card/cache';
import type { FileSystemArtifactStore } from '../file-system/file-system-artifact-store.ts';
import type { ServerKey } from '../file-system/server-key.ts';
import type { Bucket, FetchedObject } from './bucket.ts';

export interface S3StoreOptions {
  readonly bucket: Bucket;
  /** Begins every key; empty, or ending in a slash. */
  readonly prefix: string;
  /** Holds each body while it comes and goes, and what was read lately. */
  readonly near: FileSystemArtifactStore;
  /** Signs records; the same on every server of the bucket. */
  readonly key: ServerKey;
}

/**
 * Artifacts in a bucket, with a folder as the near tier. The bucket decides which write wins, by a
 * conditional put; a body reaches a reader only from the near tier, after its digest was compared with
 * the signed record, so a bucket that somebody else can write to cannot poison anybody.
 */
export class S3ArtifactStore implements ArtifactStore, ArtifactLocator {
  readonly #options: S3StoreOptions;
  /** One fetch for all who miss the same artifact at the same time. */
  readonly #fetching = new Map<string, Promise<boolean>>();

  constructor(options: S3StoreOptions) {
    this.#options = options;
  }

  async read(id: ArtifactId): Promise<OpenArtifact | undefined> {
    const near = await this.#options.near.read(id);
    if (near) return near;
    return (await this.#fetchOnce(id)) ? this.#options.near.read(id) : undefined;
  }

  async write(id: ArtifactId, incoming: IncomingArtifact): Promise<WriteOutcome> {
    const { bucket, near, key } = this.#options;
    const staged = await near.stage(id, incoming);
    if (staged.kind !== 'staged') return staged;
    try {
      const { path, size, sha256 } = staged.blob;
      const metadata = encodeMetadata(staged.record, key);
      if (!(await bucket.putNew(this.#keyOf(id), { path, size, sha256 }, metadata))) {
        near.discard(staged);
        return { kind: 'exists' };
      }
    } catch (error) {
      near.discard(staged);
      return { kind: 'unavailable', reason: error instanceof Error ? error.name : String(error) };
    }
    // Stored is what the bucket has; the near tier is a copy that may be missing.
    await near.commit(staged);
    return { kind: 'stored', record: staged.record };
  }

  async remove(id: ArtifactId): Promise<boolean> {
    const { bucket, near } = this.#options;
    const wasThere = (await this.#options.near.remove(id)) || (await this.#exists(id));
    await bucket.delete(this.#keyOf(id));
    await near.remove(id);
    return wasThere;
  }

  /** Checks the bucket's copy, and brings it near. */
  async verify(id: ArtifactId): Promise<Verification> {
    const { bucket, near } = this.#options;
    await near.remove(id);
    const object = await bucket.get(this.#keyOf(id));
    if (!object) return 'absent';
    return (await this.#bringNear(id, object)) ? 'sound' : 'quarantined';
  }

  async *list(): AsyncGenerator<StoredArtifact> {
    const near = new Map<string, StoredArtifact>();
    for await (const artifact of this.#options.near.list()) {
      near.set(artifactName(artifact), artifact);
    }
    const prefix = `${this.#options.prefix}artifacts/`;
    for await (const { key, size, modifiedAt } of this.#options.bucket.list(prefix)) {
      const [scopeName = '', hashName = ''] = key.slice(prefix.length).split('/');
      const [scope, hash] = [parseTrustScope(scopeName), parseTaskHash(hashName)];
      if (!scope || !hash) continue;
      const local = near.get(artifactName({ scope, hash }));
      const lastReadAt = Math.max(modifiedAt, local?.lastReadAt ?? 0);
      yield { scope, hash, size, lastReadAt, busy: local?.busy ?? false };
    }
  }

  /** An address that reads the artifact for a few minutes; what it serves is not verified on the way. */
  async locate(id: ArtifactId): Promise<string | undefined> {
    return this.#options.bucket.presign(this.#keyOf(id));
  }

  #keyOf({ scope, hash }: ArtifactId): string {
    return `${this.#options.prefix}artifacts/${scope}/${hash}`;
  }

  async #exists(id: ArtifactId): Promise<boolean> {
    const key = this.#keyOf(id);
    for await (const object of this.#options.bucket.list(key)) if (object.key === key) return true;
    return false;
  }

  async #fetchOnce(id: ArtifactId): Promise<boolean> {
    const name = artifactName(id);
    const running = this.#fetching.get(name);
    if (running) return running;
    const fetching = this.#fetch(id).finally(() => this.#fetching.delete(name));
    this.#fetching.set(name, fetching);
    return fetching;
  }

  async #fetch(id: ArtifactId): Promise<boolean> {
    const object = await this.#options.bucket.get(this.#keyOf(id));
    return object ? this.#bringNear(id, object) : false;
  }

  async #bringNear(id: ArtifactId, object: FetchedObject): Promise<boolean> {
    const { near, key } = this.#options;
    const record = decodeMetadata(id, object, key);
    if (!record) {
      await this.#quarantine(
        id,
        'the record in the bucket is damaged or not signed by this server',
      );
      return false;
    }
    const { size, principal, run } = record;
    const staged = await near.stage(id, { size, body: object.body, principal, run });
    if (staged.kind === 'incomplete') throw new Error('the bucket sent a part of the body');
    if (staged.kind !== 'staged') throw new Error(`the near tier cannot take it: ${staged.kind}`);
    if (staged.record.sha256 !== record.sha256) {
      near.discard(staged);
      await this.#quarantine(id, `sha256 is ${staged.record.sha256} instead of ${record.sha256}`);
      return false;
    }
    await near.commit({ ...staged, record });
    return true;
  }

  async #quarantine(id: ArtifactId, reason: string): Promise<void> {
    const { bucket, near, prefix } = this.#options;
    near.quarantine(id, reason);
    await bucket.copy(this.#keyOf(id), `${prefix}quarantine/${id.scope}/${id.hash}`);
    await bucket.delete(this.#keyOf(id));
  }
}

function encodeMetadata(record: ArtifactRecord, key: ServerKey): Record<string, string> {
  const text = JSON.stringify(record);
  return {
    record: Buffer.from(text).toString('base64url'),
    signature: key.sign(`object:${text}`),
  };
}

/** The signed record, if it is this artifact's and of the size that the bucket announces. */
function decodeMetadata(
  id: ArtifactId,
  { metadata, size }: FetchedObject,
  key: ServerKey,
): ArtifactRecord | undefined {
  const text = Buffer.from(metadata['record'] ?? '', 'base64url').toString();
  if (!key.verify(`object:${text}`, metadata['signature'] ?? '')) return undefined;
  const record = JSON.parse(text) as ArtifactRecord;
  const isRight = record.scope === id.scope && record.hash === id.hash && record.size === size;
  return isRight ? record : undefined;
}
