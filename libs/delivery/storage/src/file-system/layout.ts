import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { ArtifactId } from '@prompt-card/cache';

/**
 * Where things lie below the store's folder:
 *
 *     artifacts/<scope>/<last two of the hash>/<hash>.json          the entry: the record, signed
 *     artifacts/<scope>/<last two of the hash>/<pid>-<random>.blob  the body it names
 *     artifacts/<scope>/<last two of the hash>/<pid>-<random>.tmp   an entry about to be linked
 *     quarantine/<time>-<scope>-<hash>.{report.json,blob,entry}     what failed its verification
 *     index.json                                                    when each artifact was last read
 *
 * An entry and its body share a folder, so that one fsync makes both durable. No name that a client
 * sends can collide with a body's: hashes have no dot.
 */
export class Layout {
  readonly artifacts: string;
  readonly quarantine: string;
  readonly index: string;

  constructor(root: string) {
    this.artifacts = join(root, 'artifacts');
    this.quarantine = join(root, 'quarantine');
    this.index = join(root, 'index.json');
  }

  /** Relative to {@link artifacts}. */
  folderOf({ scope, hash }: ArtifactId): string {
    return `${scope}/${hash.slice(-2).padStart(2, '0')}`;
  }

  entryOf(id: ArtifactId): string {
    return `${this.artifacts}/${this.folderOf(id)}/${id.hash}.json`;
  }

  blobOf(id: ArtifactId, blob: string): string {
    return `${this.artifacts}/${this.folderOf(id)}/${blob}`;
  }
}

/** A name that no client can choose and no other writer has; the pid tells a crash's leftovers. */
export function freshName(extension: 'blob' | 'tmp'): string {
  return `${process.pid}-${randomBytes(12).toString('hex')}.${extension}`;
}

/** The pid in a name made by {@link freshName}, or `undefined` for any other file. */
export function writerOf(name: string): number | undefined {
  const pid = /^([0-9]+)-[0-9a-f]{24}\.(?:blob|tmp)$/.exec(name)?.[1];
  return pid === undefined ? undefined : Number(pid);
}
