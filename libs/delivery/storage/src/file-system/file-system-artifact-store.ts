import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { dirname } from 'node:path';
import {
  artifactName,
  type ArtifactId,
  type ArtifactLocator,
  type ArtifactRecord,
  type ArtifactStore,
  type IncomingArtifact,
  type OpenArtifact,
  type Quarantine,
  type QuarantinedArtifact,
  type StoredArtifact,
  type Verification,
  type WriteOutcome,
} from '@prompt-card/cache';
import { StorageError } from '../storage-error.ts';
import { datasync, readAt, syncFolder } from './descriptor.ts';
import { decodeEntry, encodeEntry, type Entry } from './entry.ts';
import { fingerprintOf, isSameFile, type Fingerprint } from './fingerprint.ts';
import { receiveBlob, type IncomingBlob } from './incoming-blob.ts';
import { freshName, Layout } from './layout.ts';
import { QuarantineFolder } from './quarantine-folder.ts';
import { loadReadingTimes, saveReadingTimes } from './reading-index.ts';
import { loadServerKey, type ServerKey } from './server-key.ts';
import { listFolders, sweepLeftovers } from './sweep.ts';
import { TransferBuffers } from './transfer-buffers.ts';

export interface FileSystemStoreOptions {
  /** The store's folder; made when it is missing. One process at a time serves it. */
  readonly root: string;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** Told of each artifact that is put aside. */
  readonly onQuarantine?: (artifact: QuarantinedArtifact) => void;
}

/** An artifact that the process knows: its entry, and what changes. */
interface Known extends Entry {
  lastReadAt: number;
  readers: number;
  verified: Fingerprint | undefined;
}

/** A body received, that becomes an artifact by {@link FileSystemArtifactStore.commit}. */
export interface StagedArtifact {
  readonly kind: 'staged';
  readonly record: ArtifactRecord;
  readonly blob: IncomingBlob;
}

/** Bodies up to this size are read at once: on a local disk that is faster than any hand-over. */
const WHOLE_READ_BYTES = 256 * 1024;
const READ = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK;

/**
 * Artifacts in a folder. A write streams into a file of its own, makes it durable, and becomes visible
 * by one `link` of its entry, which fails when there is one already: that is what keeps an artifact
 * immutable under any race, and a crash at any moment leaves either all of it or nothing that is served.
 */
export class FileSystemArtifactStore implements ArtifactStore, Quarantine, ArtifactLocator {
  readonly #options: FileSystemStoreOptions;
  readonly #layout: Layout;
  readonly #key: ServerKey;
  readonly #quarantine: QuarantineFolder;
  readonly #known = new Map<string, Known>();
  readonly #buffers = new TransferBuffers();

  private constructor(options: FileSystemStoreOptions, key: ServerKey) {
    this.#options = options;
    this.#key = key;
    this.#layout = new Layout(options.root);
    this.#quarantine = new QuarantineFolder(this.#layout.quarantine);
  }

  /** Opens the folder: reads every entry, and removes what a crash in mid-upload left. */
  static open(options: FileSystemStoreOptions): FileSystemArtifactStore {
    const store = new FileSystemArtifactStore(options, loadServerKey(options.root));
    try {
      fs.mkdirSync(store.#layout.artifacts, { recursive: true });
      store.#loadAll();
    } catch (error) {
      throw new StorageError('STORAGE_FOLDER_UNUSABLE', `cannot use ${options.root}`, {
        cause: error,
        next: 'make the folder writable for this user, or choose another with --dir',
      });
    }
    return store;
  }

  /** Signs what must come back unedited, such as the records kept in a bucket. */
  get key(): ServerKey {
    return this.#key;
  }

  async read(id: ArtifactId): Promise<OpenArtifact | undefined> {
    const known = this.#find(id);
    const file = known && this.#openBlob(known);
    if (!file) return undefined;
    let open = true;
    const close = () => {
      if (open) fs.closeSync(file.descriptor);
      open = false;
    };
    try {
      const trusted = isSameFile(known.verified, file.stats);
      known.lastReadAt = this.#options.now();
      if (file.stats.size <= WHOLE_READ_BYTES) {
        const body = readWhole(file.descriptor, file.stats.size);
        close();
        if (!trusted && !this.#accept(known, file.stats, sha256Of(body))) return undefined;
        return { record: known.record, body, close: async () => undefined };
      }
      if (!trusted && !this.#accept(known, file.stats, await this.#digest(file.descriptor))) {
        close();
        return undefined;
      }
      return this.#stream(known, file.descriptor, close);
    } catch (error) {
      close();
      throw error;
    }
  }

  async write(id: ArtifactId, incoming: IncomingArtifact): Promise<WriteOutcome> {
    const staged = await this.stage(id, incoming);
    return staged.kind === 'staged' ? this.commit(staged) : staged;
  }

  /** The first half of a write: the body is on disk, and nobody sees it. */
  async stage(
    id: ArtifactId,
    incoming: IncomingArtifact,
  ): Promise<StagedArtifact | Exclude<WriteOutcome, { kind: 'stored' }>> {
    try {
      const path = this.#layout.blobOf(id, freshName('blob'));
      const blob = await receiveBlob(path, incoming, this.#buffers);
      if ('kind' in blob) return blob;
      const { scope, hash } = id;
      const { size, sha256 } = blob;
      const { principal, run } = incoming;
      const createdAt = this.#options.now();
      const record = { scope, hash, size, sha256, createdAt, principal, run };
      return { kind: 'staged', record, blob };
    } catch (error) {
      return { kind: 'unavailable', reason: reasonOf(error) };
    }
  }

  /**
   * The second half: makes a staged body an artifact, unless there is one. The names are made first and
   * everything is synced at once, which costs one commit of the file system's journal instead of three.
   * After a power failure in between, the entry is there and its bytes may not be: then a signature or
   * a digest fails, and the artifact is a miss.
   */
  async commit(staged: StagedArtifact): Promise<WriteOutcome> {
    const { record, blob } = staged;
    const folder = dirname(blob.path);
    const name = blob.path.slice(folder.length + 1);
    const entry = this.#layout.entryOf(record);
    const temporary = `${folder}/${freshName('tmp')}`;
    let descriptor: number | undefined;
    let linked = false;
    try {
      descriptor = fs.openSync(temporary, 'wx', 0o600);
      fs.writeSync(descriptor, encodeEntry({ record, blob: name }, this.#key));
      fs.linkSync(temporary, entry);
      linked = true;
      this.#known.set(artifactName(record), {
        record,
        blob: name,
        lastReadAt: record.createdAt,
        readers: 0,
        verified: blob.fingerprint,
      });
      fs.unlinkSync(temporary);
      await Promise.all([datasync(blob.descriptor), datasync(descriptor), syncFolder(folder)]);
      return { kind: 'stored', record };
    } catch (error) {
      if (linked) this.#known.delete(artifactName(record));
      for (const path of [temporary, blob.path, ...(linked ? [entry] : [])]) unlinkIfThere(path);
      return (error as NodeJS.ErrnoException).code === 'EEXIST'
        ? { kind: 'exists' }
        : { kind: 'unavailable', reason: reasonOf(error) };
    } finally {
      fs.closeSync(blob.descriptor);
      if (descriptor !== undefined) fs.closeSync(descriptor);
    }
  }

  /** Gives a staged body up. */
  discard(staged: StagedArtifact): void {
    fs.closeSync(staged.blob.descriptor);
    unlinkIfThere(staged.blob.path);
  }

  async remove(id: ArtifactId): Promise<boolean> {
    const known = this.#find(id);
    if (!known) return false;
    // The entry goes first: a body without an entry is never served, an entry without a body is a ghost.
    this.#known.delete(artifactName(id));
    unlinkIfThere(this.#layout.entryOf(id));
    unlinkIfThere(this.#layout.blobOf(id, known.blob));
    return true;
  }

  async verify(id: ArtifactId): Promise<Verification> {
    const known = this.#find(id);
    if (!known) return 'absent';
    const file = this.#openBlob(known);
    if (!file) return 'quarantined';
    try {
      const digest = await this.#digest(file.descriptor);
      return this.#accept(known, file.stats, digest) ? 'sound' : 'quarantined';
    } finally {
      fs.closeSync(file.descriptor);
    }
  }

  async *list(): AsyncGenerator<StoredArtifact> {
    for (const { record, lastReadAt, readers } of [...this.#known.values()]) {
      const { scope, hash, size } = record;
      yield { scope, hash, size, lastReadAt, busy: readers > 0 };
    }
  }

  async quarantined(): Promise<readonly QuarantinedArtifact[]> {
    return this.#quarantine.list();
  }

  /** The verified body's path below `artifacts`, for a front server's `X-Accel-Redirect`. */
  async locate(id: ArtifactId): Promise<string | undefined> {
    const open = await this.read(id);
    await open?.close();
    const known = open && this.#known.get(artifactName(id));
    return known && `${this.#layout.folderOf(id)}/${known.blob}`;
  }

  /** Puts an artifact aside that somebody else found damaged. */
  quarantine(id: ArtifactId, reason: string): void {
    const known = this.#known.get(artifactName(id));
    this.#known.delete(artifactName(id));
    const report = this.#quarantine.take(id, reason, this.#options.now(), {
      entry: this.#layout.entryOf(id),
      ...(known && { blob: this.#layout.blobOf(id, known.blob) }),
    });
    this.#options.onQuarantine?.(report);
  }

  /** Writes down when artifacts were last read; called now and then and at the end. */
  async saveReadingTimes(): Promise<void> {
    const times = [...this.#known].map(([name, { lastReadAt }]) => [name, lastReadAt] as const);
    await saveReadingTimes(this.#layout.index, times);
  }

  #loadAll(): void {
    const times = loadReadingTimes(this.#layout.index);
    for (const listing of listFolders(this.#layout.artifacts)) {
      const named = new Set<string>();
      for (const id of listing.entries) {
        const known = this.#load(id);
        if (!known) continue;
        known.lastReadAt = times.get(artifactName(id)) ?? known.lastReadAt;
        named.add(known.blob);
      }
      sweepLeftovers(listing, named);
    }
  }

  /** What is known of `id`; an entry that another process made is found on disk. */
  #find(id: ArtifactId): Known | undefined {
    return this.#known.get(artifactName(id)) ?? this.#load(id);
  }

  #load(id: ArtifactId): Known | undefined {
    const text = readEntryText(this.#layout.entryOf(id));
    if (text === undefined) return undefined;
    const entry = text === null ? undefined : decodeEntry(text, this.#key);
    if (!entry || entry.record.scope !== id.scope || entry.record.hash !== id.hash) {
      this.quarantine(id, 'the entry is damaged, was edited, or was moved here');
      return undefined;
    }
    const known = { ...entry, lastReadAt: entry.record.createdAt, readers: 0, verified: undefined };
    this.#known.set(artifactName(id), known);
    return known;
  }

  #openBlob(known: Known): { descriptor: number; stats: fs.Stats } | undefined {
    let descriptor: number;
    try {
      descriptor = fs.openSync(this.#layout.blobOf(known.record, known.blob), READ);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ELOOP' && code !== 'ENXIO') throw error;
      this.#setAside(known, code === 'ENOENT' ? 'the body is gone' : 'not a regular file');
      return undefined;
    }
    const stats = fs.fstatSync(descriptor);
    if (stats.isFile() && stats.size === known.record.size) return { descriptor, stats };
    fs.closeSync(descriptor);
    this.#setAside(
      known,
      stats.isFile() ? `${stats.size} bytes instead of ${known.record.size}` : 'not a regular file',
    );
    return undefined;
  }

  /** Unless it was removed, or put aside by another reader, since `known` was looked up. */
  #setAside(known: Known, reason: string): void {
    if (this.#known.get(artifactName(known.record)) === known)
      this.quarantine(known.record, reason);
  }

  /** Whether the digest is the record's; remembers that it was, or puts the artifact aside. */
  #accept(known: Known, stats: fs.Stats, digest: string): boolean {
    if (digest !== known.record.sha256) {
      this.#setAside(known, `sha256 is ${digest} instead of ${known.record.sha256}`);
      return false;
    }
    known.verified = fingerprintOf(stats);
    return true;
  }

  async #digest(descriptor: number): Promise<string> {
    const digest = createHash('sha256');
    for await (const piece of this.#pieces(descriptor)) digest.update(piece);
    return digest.digest('hex');
  }

  #stream(known: Known, descriptor: number, close: () => void): OpenArtifact {
    known.readers++;
    let open = true;
    const body = this.#pieces(descriptor);
    return {
      record: known.record,
      body,
      close: async () => {
        if (!open) return;
        open = false;
        known.readers--;
        // First the generator, which may be inside a read of the descriptor.
        await body.return(undefined);
        close();
      },
    };
  }

  /** One buffer for the whole transfer: each piece is overwritten by the next. */
  async *#pieces(descriptor: number): AsyncGenerator<Uint8Array, undefined> {
    this.#buffers.begin();
    const buffer = this.#buffers.take();
    try {
      for (let position = 0; ;) {
        const bytes = await readAt(descriptor, buffer, position);
        if (bytes === 0) return undefined;
        position += bytes;
        yield bytes === buffer.length ? buffer : buffer.subarray(0, bytes);
      }
    } finally {
      this.#buffers.give(buffer);
      this.#buffers.end();
    }
  }
}

/** The entry's text, `null` when what lies there is not a regular file, `undefined` when nothing does. */
function readEntryText(path: string): string | null | undefined {
  let descriptor: number;
  try {
    descriptor = fs.openSync(path, READ);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP' || code === 'ENXIO') return null;
    throw error;
  }
  try {
    return fs.fstatSync(descriptor).isFile() ? fs.readFileSync(descriptor, 'utf8') : null;
  } finally {
    fs.closeSync(descriptor);
  }
}

function readWhole(descriptor: number, size: number): Buffer {
  const body = Buffer.allocUnsafe(size);
  let bytes = 0;
  while (bytes < size) {
    const got = fs.readSync(descriptor, body, bytes, size - bytes, bytes);
    if (got === 0) break;
    bytes += got;
  }
  return body.subarray(0, bytes);
}

function sha256Of(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}

function unlinkIfThere(path: string): void {
  try {
    fs.unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** `ENOSPC`, `EDQUOT`, `EROFS` and their like: what an operator looks for. */
function reasonOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
