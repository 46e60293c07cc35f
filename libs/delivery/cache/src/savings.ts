import type { ArtifactId } from './artifact.ts';

/** How long a task took when it really ran, as the workspace recorded it. */
export interface TaskDuration {
  readonly hash: string;
  readonly project: string;
  readonly target: string;
  readonly durationMs: number;
}

/** Reads of one artifact since the counting began. */
export interface ArtifactHits extends ArtifactId {
  readonly hits: number;
  /** Bytes of one body. */
  readonly size: number;
}

/** What hits saved for one target of one project. */
export interface Saving {
  readonly project: string;
  readonly target: string;
  readonly hits: number;
  readonly bytes: number;
  readonly savedMs: number;
}

/**
 * Hits joined with recorded durations. A hit saves what its task took when it last ran; hits on hashes
 * that nobody reported a duration for are summed under `unreported`, never guessed.
 */
export function sumSavings(
  hits: Iterable<ArtifactHits>,
  durations: ReadonlyMap<string, TaskDuration>,
): readonly Saving[] {
  const sums = new Map<string, Saving>();
  for (const hit of hits) {
    const known = durations.get(hit.hash);
    const project = known?.project ?? 'unreported';
    const target = known?.target ?? '';
    const sum = sums.get(`${project}:${target}`) ?? {
      project,
      target,
      hits: 0,
      bytes: 0,
      savedMs: 0,
    };
    sums.set(`${project}:${target}`, {
      ...sum,
      hits: sum.hits + hit.hits,
      bytes: sum.bytes + hit.hits * hit.size,
      savedMs: sum.savedMs + hit.hits * (known?.durationMs ?? 0),
    });
  }
  return [...sums.values()].toSorted((a, b) => b.savedMs - a.savedMs || b.hits - a.hits);
}
