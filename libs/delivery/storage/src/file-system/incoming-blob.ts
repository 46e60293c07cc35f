import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, mkdirSync, openSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import type { IncomingArtifact } from '@prompt-card/cache';
import { writev } from './descriptor.ts';
import { fingerprintOf, type Fingerprint } from './fingerprint.ts';
import type { TransferBuffers } from './transfer-buffers.ts';

/** A whole body in a file that no entry names yet, and that is not durable until it is synced. */
export interface IncomingBlob {
  readonly path: string;
  /** Open for the sync; whoever takes the blob closes it. */
  readonly descriptor: number;
  readonly size: number;
  readonly sha256: string;
  readonly fingerprint: Fingerprint;
}

/** What came instead of a whole body. */
export interface Shortfall {
  readonly kind: 'incomplete';
  readonly received: number;
}

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Streams a body into the new file `path`, hashing it on the way. Disk errors reject; a body of the
 * wrong length, or one whose source fails, is a {@link Shortfall}. In both cases no file remains.
 */
export async function receiveBlob(
  path: string,
  incoming: Pick<IncomingArtifact, 'size' | 'body'>,
  buffers: TransferBuffers,
): Promise<IncomingBlob | Shortfall> {
  const descriptor = create(path);
  buffers.begin();
  let kept = false;
  try {
    const digest = createHash('sha256');
    const received = await pour(incoming, descriptor, buffers, (piece) => digest.update(piece));
    if (received.failed || received.bytes !== incoming.size) {
      return { kind: 'incomplete', received: received.bytes };
    }
    const blob = {
      path,
      descriptor,
      size: received.bytes,
      sha256: digest.digest('hex'),
      fingerprint: fingerprintOf(fstatSync(descriptor)),
    };
    kept = true;
    return blob;
  } finally {
    buffers.end();
    if (!kept) {
      closeSync(descriptor);
      unlinkSync(path);
    }
  }
}

/** Writes one batch while the next arrives: two pieces at most are held for each transfer. */
async function pour(
  incoming: Pick<IncomingArtifact, 'size' | 'body'>,
  descriptor: number,
  buffers: TransferBuffers,
  observe: (piece: Uint8Array) => void,
): Promise<{ bytes: number; failed: boolean }> {
  let bytes = 0;
  let failed = false;
  let batch: Uint8Array[] = [];
  let batchBytes = 0;
  let writing: Promise<void> = Promise.resolve();
  const source = incoming.body[Symbol.asyncIterator]();
  for (;;) {
    let next: IteratorResult<Uint8Array>;
    try {
      next = await source.next();
    } catch {
      // The sender is gone: for the store that is a body which ends too soon.
      failed = true;
      break;
    }
    if (next.done) break;
    bytes += next.value.length;
    if (bytes > incoming.size) {
      await source.return?.();
      break;
    }
    observe(next.value);
    batch.push(next.value);
    batchBytes += next.value.length;
    // Half a piece, because two batches are held at a time.
    if (batchBytes >= buffers.pieceSize() / 2) {
      await writing;
      writing = writev(descriptor, batch);
      // Awaited with the next batch; until then its failure must not count as unhandled.
      writing.catch(() => undefined);
      batch = [];
      batchBytes = 0;
    }
  }
  await writing;
  if (batchBytes > 0 && !failed) await writev(descriptor, batch);
  return { bytes, failed };
}

function create(path: string): number {
  try {
    return openSync(path, CREATE, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, CREATE, 0o600);
  }
}
