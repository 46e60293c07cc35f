import type { Stats } from 'node:fs';

/**
 * What a file looked like when its body was verified. Hashing every transfer would halve the speed;
 * a body is hashed again when any of these changed. The change time cannot be set back by a program.
 * Bits that rot below the file system change none of them: the scrub finds those.
 */
export interface Fingerprint {
  readonly inode: number;
  readonly size: number;
  readonly modifiedAt: number;
  readonly changedAt: number;
}

export function fingerprintOf(stats: Stats): Fingerprint {
  return {
    inode: stats.ino,
    size: stats.size,
    modifiedAt: stats.mtimeMs,
    changedAt: stats.ctimeMs,
  };
}

export function isSameFile(fingerprint: Fingerprint | undefined, stats: Stats): boolean {
  return (
    fingerprint !== undefined &&
    fingerprint.inode === stats.ino &&
    fingerprint.size === stats.size &&
    fingerprint.modifiedAt === stats.mtimeMs &&
    fingerprint.changedAt === stats.ctimeMs
  );
}
