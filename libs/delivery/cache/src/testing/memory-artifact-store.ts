import {
  artifactName,
  type ArtifactId,
  type ArtifactRecord,
  type StoredArtifact,
} from '../artifact.ts';
import type {
  ArtifactStore,
  IncomingArtifact,
  OpenArtifact,
  Verification,
  WriteOutcome,
} from '../artifact-store.ts';
import { concat } from './concat.ts';

interface Held {
  readonly record: ArtifactRecord;
  readonly bytes: Uint8Array;
  readers: number;
}

/** The port in memory, for specs of what stands on it. */
export class MemoryArtifactStore implements ArtifactStore {
  readonly #held = new Map<string, Held>();
  readonly #now: () => number;
  readonly #digest: (bytes: Uint8Array) => string;

  constructor(options: { now: () => number; digest: (bytes: Uint8Array) => string }) {
    this.#now = options.now;
    this.#digest = options.digest;
  }

  async read(id: ArtifactId): Promise<OpenArtifact | undefined> {
    if ((await this.verify(id)) !== 'sound') return undefined;
    const held = this.#held.get(artifactName(id));
    if (!held) return undefined;
    held.readers++;
    let open = true;
    return {
      record: held.record,
      body: held.bytes,
      close: async () => {
        if (open) held.readers--;
        open = false;
      },
    };
  }

  async write(id: ArtifactId, incoming: IncomingArtifact): Promise<WriteOutcome> {
    const parts: Uint8Array[] = [];
    try {
      for await (const piece of incoming.body) parts.push(Uint8Array.from(piece));
    } catch {
      return { kind: 'incomplete', received: concat(parts).length };
    }
    const bytes = concat(parts);
    if (bytes.length !== incoming.size) return { kind: 'incomplete', received: bytes.length };
    if (this.#held.has(artifactName(id))) return { kind: 'exists' };
    const record: ArtifactRecord = {
      ...id,
      principal: incoming.principal,
      run: incoming.run,
      size: bytes.length,
      sha256: this.#digest(bytes),
      createdAt: this.#now(),
    };
    this.#held.set(artifactName(id), { record, bytes, readers: 0 });
    return { kind: 'stored', record };
  }

  async remove(id: ArtifactId): Promise<boolean> {
    return this.#held.delete(artifactName(id));
  }

  async verify(id: ArtifactId): Promise<Verification> {
    const held = this.#held.get(artifactName(id));
    if (!held) return 'absent';
    if (this.#digest(held.bytes) === held.record.sha256) return 'sound';
    this.#held.delete(artifactName(id));
    return 'quarantined';
  }

  async *list(): AsyncGenerator<StoredArtifact> {
    for (const { record, readers } of this.#held.values()) {
      const { scope, hash, size, createdAt } = record;
      yield { scope, hash, size, lastReadAt: createdAt, busy: readers > 0 };
    }
  }

  /** Flips the lowest bit of the first byte, behind the store's back. */
  corrupt(id: ArtifactId): void {
    const held = this.#held.get(artifactName(id));
    if (held) held.bytes[0] = (held.bytes[0] ?? 0) ^ 1;
  }
}
