import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  parseTaskHash,
  parseTrustScope,
  type ArtifactId,
  type QuarantinedArtifact,
} from '@prompt-card/cache';
import { z } from 'zod';

const reportSchema = z.object({
  scope: z.string(),
  hash: z.string(),
  reason: z.string(),
  at: z.number(),
  location: z.string(),
});

/** Files that failed their verification, each with a report; kept for whoever investigates. */
export class QuarantineFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Moves `files` out of the store's way. Whatever lies at their paths: a file, a link, a folder. */
  take(
    id: ArtifactId,
    reason: string,
    at: number,
    files: { readonly blob?: string; readonly entry?: string },
  ): QuarantinedArtifact {
    mkdirSync(this.#folder, { recursive: true });
    const stem = this.#freeStem(`${at}-${id.scope}-${id.hash}`);
    for (const [extension, path] of Object.entries(files))
      moveIfThere(path, `${stem}.${extension}`);
    const { scope, hash } = id;
    const report = { scope, hash, reason, at, location: `${stem}.blob` };
    writeFileSync(`${stem}.report.json`, `${JSON.stringify(report)}\n`);
    return report;
  }

  list(): readonly QuarantinedArtifact[] {
    if (!existsSync(this.#folder)) return [];
    return readdirSync(this.#folder)
      .filter((name) => name.endsWith('.report.json'))
      .flatMap((name) => readReport(join(this.#folder, name)) ?? [])
      .toSorted((a, b) => b.at - a.at);
  }

  #freeStem(wanted: string): string {
    for (let copy = 0; ; copy++) {
      const stem = join(this.#folder, copy === 0 ? wanted : `${wanted}-${copy}`);
      if (!existsSync(`${stem}.report.json`)) return stem;
    }
  }
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function readReport(path: string): QuarantinedArtifact | undefined {
  const report = reportSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  const [scope, hash] = [parseTrustScope(report.scope), parseTaskHash(report.hash)];
  return scope && hash ? { ...report, scope, hash } : undefined;
}
