import { readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { parseTaskHash, parseTrustScope, type ArtifactId } from '@prompt-card/cache';
import { writerOf } from './layout.ts';

/** One folder of the store as it lies on disk. */
export interface FolderListing {
  readonly folder: string;
  readonly entries: readonly ArtifactId[];
  /** Bodies and entries-to-be, by file name. */
  readonly loose: readonly string[];
}

/** Every folder below `artifacts`; what does not look like the store's own is left alone. */
export function* listFolders(artifacts: string): Generator<FolderListing> {
  for (const scopeName of namesIn(artifacts)) {
    const scope = parseTrustScope(scopeName);
    if (!scope) continue;
    for (const shard of namesIn(join(artifacts, scopeName))) {
      const folder = join(artifacts, scopeName, shard);
      const names = namesIn(folder);
      const hashes = names.flatMap((name) =>
        name.endsWith('.json') ? (parseTaskHash(name.slice(0, -5)) ?? []) : [],
      );
      yield {
        folder,
        entries: hashes.map((hash) => ({ scope, hash })),
        loose: names.filter((name) => writerOf(name) !== undefined),
      };
    }
  }
}

/**
 * Removes what a crash in mid-upload left: loose files that no entry names and whose writer is gone.
 * A file with this process's own pid is a leftover as well when the store opens (in a container every
 * server has the same pid).
 */
export function sweepLeftovers(listing: FolderListing, named: ReadonlySet<string>): number {
  const leftovers = listing.loose.filter(
    (name) => !named.has(name) && !isRunning(writerOf(name) ?? 0),
  );
  for (const name of leftovers) unlinkSync(join(listing.folder, name));
  return leftovers.length;
}

function isRunning(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}
