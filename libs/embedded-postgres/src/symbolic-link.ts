import path from 'node:path';

/** One link that must exist: `path` (absolute) pointing at `target` (relative to the link's folder). */
export interface SymbolicLink {
  readonly path: string;
  readonly target: string;
}

/**
 * Reads the list a platform package brings along, because npm archives cannot carry symbolic links:
 * `[{ "source": "native/lib/libpq.so.5.16", "target": "native/lib/libpq.so.5" }, ...]`, where `target`
 * is the link to create. An entry that leaves the package folder is ignored.
 */
export function parseSymbolicLinks(json: string, packageDirectory: string): SymbolicLink[] {
  const entries: unknown = JSON.parse(json);
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry: unknown) => {
    if (!isLinkEntry(entry)) return [];
    const link = path.resolve(packageDirectory, entry.target);
    const file = path.resolve(packageDirectory, entry.source);
    const inside = [link, file].every((each) => each.startsWith(packageDirectory + path.sep));
    return inside ? [{ path: link, target: path.relative(path.dirname(link), file) }] : [];
  });
}

function isLinkEntry(entry: unknown): entry is { source: string; target: string } {
  return (
    typeof entry === 'object' &&
    entry !== null &&
    'source' in entry &&
    'target' in entry &&
    typeof entry.source === 'string' &&
    typeof entry.target === 'string'
  );
}
