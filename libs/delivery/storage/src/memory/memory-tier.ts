import {
  artifactName,
  type ArtifactId,
  type ArtifactRecord,
  type ArtifactStore,
  type IncomingArtifact,
  type OpenArtifact,
  type StoredArtifact,
  type Verification,
  type WriteOutcome,
} from '@prompt-card/cache';

export interface MemoryTierOptions {
  readonly behind: ArtifactStore;
  /** Bytes of bodies held at most; a body of more than an eighth is never held. */
  readonly maxBytes: number;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
}

interface Held {
  readonly record: ArtifactRecord;
  readonly body: Uint8Array;
  confirmedAt: number;
}

/** How long a held body is served before the store behind is asked again whether it is still there. */
const CONFIRM_MS = 60_000;
const MOST_REMEMBERED = 10_000;
const DONE = Promise.resolve();

/**
 * Bodies in memory, least recently read out first. A body is held from its second read on, so that one
 * pass over everything does not push out what is hot; it was verified when it was read.
 */
export class MemoryTier implements ArtifactStore {
  readonly #options: MemoryTierOptions;
  /** In order of use: a Map iterates in order of insertion. */
  readonly #held = new Map<string, Held>();
  readonly #seen = new Set<string>();
  #bytes = 0;
  #collecting = 0;

  constructor(options: MemoryTierOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async read(id: ArtifactId): Promise<OpenArtifact | undefined> {
    const name = artifactName(id);
    const held = this.#held.get(name);
    const now = this.#options.now();
    if (held && now - held.confirmedAt < CONFIRM_MS) {
      this.#held.delete(name);
      this.#held.set(name, held);
      return { record: held.record, body: held.body, close: () => DONE };
    }
    const open = await this.#options.behind.read(id);
    if (!open) this.#forget(name);
    else if (held) held.confirmedAt = now;
    else if (this.#isSecondRead(name)) return this.#collect(name, open);
    return open;
  }

  write(id: ArtifactId, incoming: IncomingArtifact): Promise<WriteOutcome> {
    return this.#options.behind.write(id, incoming);
  }

  remove(id: ArtifactId): Promise<boolean> {
    this.#forget(artifactName(id));
    return this.#options.behind.remove(id);
  }

  async verify(id: ArtifactId): Promise<Verification> {
    const verification = await this.#options.behind.verify(id);
    if (verification !== 'sound') this.#forget(artifactName(id));
    return verification;
  }

  list(): AsyncIterable<StoredArtifact> {
    return this.#options.behind.list();
  }

  #isSecondRead(name: string): boolean {
    if (this.#seen.delete(name)) return true;
    this.#seen.add(name);
    const oldest = this.#seen.values().next().value;
    if (this.#seen.size > MOST_REMEMBERED && oldest !== undefined) this.#seen.delete(oldest);
    return false;
  }

  /** Keeps a copy of a body while it passes; what does not fit passes as it is. */
  #collect(name: string, open: OpenArtifact): OpenArtifact {
    const { size } = open.record;
    const { maxBytes } = this.#options;
    if (size > maxBytes / 8) return open;
    if (open.body instanceof Uint8Array) {
      this.#hold(name, open.record, open.body);
      return open;
    }
    if (this.#collecting + size > maxBytes / 4) return open;
    const body = this.#copying(name, open.record, open.body);
    const close = async () => {
      await body.return(undefined);
      await open.close();
    };
    return { record: open.record, body, close };
  }

  async *#copying(
    name: string,
    record: ArtifactRecord,
    pieces: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array, undefined> {
    this.#collecting += record.size;
    const copy = Buffer.allocUnsafeSlow(record.size);
    let at = 0;
    try {
      for await (const piece of pieces) {
        copy.set(piece, at);
        at += piece.length;
        yield piece;
      }
      if (at === record.size) this.#hold(name, record, copy);
      return undefined;
    } finally {
      this.#collecting -= record.size;
    }
  }

  #hold(name: string, record: ArtifactRecord, body: Uint8Array): void {
    this.#forget(name);
    this.#held.set(name, { record, body, confirmedAt: this.#options.now() });
    this.#bytes += body.length;
    for (const oldest of this.#held.keys()) {
      if (this.#bytes <= this.#options.maxBytes) break;
      this.#forget(oldest);
    }
  }

  #forget(name: string): void {
    const held = this.#held.get(name);
    if (!held) return;
    this.#held.delete(name);
    this.#bytes -= held.body.length;
  }
}
