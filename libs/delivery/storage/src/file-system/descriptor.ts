import * as fs from 'node:fs';
import { promisify } from 'node:util';

const readSome = promisify(fs.read);
const writeSome = promisify(fs.writev);

/** Waits until the file's bytes are on the disk. */
export const datasync: (descriptor: number) => Promise<void> = promisify(fs.fdatasync);

/** Makes names made or removed in `folder` durable. */
export async function syncFolder(folder: string): Promise<void> {
  const descriptor = fs.openSync(folder, fs.constants.O_RDONLY);
  try {
    await promisify(fs.fsync)(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Writes all of `pieces`; the kernel may take them in several goes. */
export async function writev(descriptor: number, pieces: readonly Uint8Array[]): Promise<void> {
  let rest = pieces;
  while (rest.length > 0) {
    const { bytesWritten } = await writeSome(descriptor, rest);
    rest = after(rest, bytesWritten);
  }
}

/** Reads up to a buffer at `position`; fewer bytes than asked for mean the end of the file. */
export async function readAt(descriptor: number, into: Buffer, position: number): Promise<number> {
  const { bytesRead } = await readSome(descriptor, into, 0, into.length, position);
  return bytesRead;
}

function after(pieces: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let skip = bytes;
  let at = 0;
  for (; at < pieces.length; at++) {
    const length = pieces[at]?.length ?? 0;
    if (skip < length) break;
    skip -= length;
  }
  const first = pieces[at];
  return first ? [first.subarray(skip), ...pieces.slice(at + 1)] : [];
}
