import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';

const indexSchema = z.record(z.string(), z.number());

/**
 * When each artifact was last read, by name. Losing it costs nothing but the order of eviction: the
 * entries on disk are the truth, and a damaged file is an empty one.
 */
export function loadReadingTimes(path: string): Map<string, number> {
  try {
    return new Map(Object.entries(indexSchema.parse(JSON.parse(readFileSync(path, 'utf8')))));
  } catch {
    // Missing, cut off or edited: every artifact counts as last read when it was written.
    return new Map();
  }
}

/** Replaces the file as a whole, so that a crash leaves the old one. */
export async function saveReadingTimes(
  path: string,
  times: Iterable<readonly [string, number]>,
): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, JSON.stringify(Object.fromEntries(times)));
  await rename(temporary, path);
}
