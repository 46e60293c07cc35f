import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import {
  artifactName,
  parseTaskHash,
  parseTrustScope,
  type ArtifactHits,
  type ArtifactId,
  type TaskDuration,
} from '@prompt-card/cache';
import { z } from 'zod';

const MOST_REMEMBERED = 50_000;

const savedSchema = z.object({
  since: z.number(),
  hits: z.number(),
  misses: z.number(),
  bytesServed: z.number(),
  bytesStored: z.number(),
  stored: z.number(),
  byArtifact: z.record(z.string(), z.object({ hits: z.number(), size: z.number() })),
  durations: z.array(
    z.object({
      hash: z.string(),
      project: z.string(),
      target: z.string(),
      durationMs: z.number(),
      isTrusted: z.boolean(),
    }),
  ),
});

/** Counts for the page, kept over restarts. They inform; nothing is decided by them. */
export class Statistics {
  since: number;
  hits = 0;
  misses = 0;
  stored = 0;
  bytesServed = 0;
  bytesStored = 0;
  readonly #path: string;
  readonly #byArtifact = new Map<string, { hits: number; size: number }>();
  readonly #durations = new Map<string, TaskDuration & { isTrusted: boolean }>();

  constructor(path: string, now: number) {
    this.#path = path;
    this.since = now;
    this.#load();
  }

  hit(id: ArtifactId, size: number): void {
    this.hits++;
    this.bytesServed += size;
    const name = artifactName(id);
    const counted = this.#byArtifact.get(name);
    if (counted) counted.hits++;
    else keepNewest(this.#byArtifact, name, { hits: 1, size });
  }

  miss(): void {
    this.misses++;
  }

  write(size: number): void {
    this.stored++;
    this.bytesStored += size;
  }

  /** A pull request's word never replaces a trusted one. */
  recordDuration(duration: TaskDuration, isTrusted: boolean): void {
    if (this.#durations.get(duration.hash)?.isTrusted && !isTrusted) return;
    keepNewest(this.#durations, duration.hash, { ...duration, isTrusted });
  }

  get durations(): ReadonlyMap<string, TaskDuration> {
    return this.#durations;
  }

  *artifactHits(): Generator<ArtifactHits> {
    for (const [name, counted] of this.#byArtifact) {
      const [scope, hash] = name.split('/');
      const id = { scope: parseTrustScope(scope ?? ''), hash: parseTaskHash(hash ?? '') };
      if (id.scope && id.hash) yield { scope: id.scope, hash: id.hash, ...counted };
    }
  }

  async save(): Promise<void> {
    const { since, hits, misses, stored, bytesServed, bytesStored } = this;
    const counts = { since, hits, misses, stored, bytesServed, bytesStored };
    const byArtifact = Object.fromEntries(this.#byArtifact);
    const durations = [...this.#durations.values()];
    const temporary = `${this.#path}.${process.pid}.tmp`;
    await writeFile(temporary, JSON.stringify({ ...counts, byArtifact, durations }));
    await rename(temporary, this.#path);
  }

  #load(): void {
    let saved: z.infer<typeof savedSchema>;
    try {
      saved = savedSchema.parse(JSON.parse(readFileSync(this.#path, 'utf8')));
    } catch {
      // Missing or damaged: the counting begins anew.
      return;
    }
    const { byArtifact, durations, ...counts } = saved;
    Object.assign(this, counts);
    for (const [name, counted] of Object.entries(byArtifact)) this.#byArtifact.set(name, counted);
    for (const duration of durations) this.#durations.set(duration.hash, duration);
  }
}

function keepNewest<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next().value;
  if (map.size > MOST_REMEMBERED && oldest !== undefined) map.delete(oldest);
}
