import { z } from 'zod';

/** How many runs of a task are remembered: enough for a median, few enough to follow a change. */
const remembered = 9;

export const timingsSchema = z.object({
  version: z.literal(1),
  /** Durations in milliseconds, oldest first, by task or test file. */
  durationsMs: z.record(z.string(), z.array(z.number().nonnegative())),
});

/** What earlier runs took. Kept as an artifact between runs; a run without it plans by the fallback. */
export type Timings = z.infer<typeof timingsSchema>;

export const noTimings: Timings = { version: 1, durationsMs: {} };

/** What a task takes when nobody has run it yet. */
const fallbackMs = 10_000;

/** Adds one run. Durations of cache hits say nothing about the work and are not to be recorded. */
export function recordDurations(
  timings: Timings,
  durationsMs: Readonly<Record<string, number>>,
): Timings {
  const next = { ...timings.durationsMs };
  for (const [id, duration] of Object.entries(durationsMs)) {
    next[id] = [...(next[id] ?? []), duration].slice(-remembered);
  }
  return { version: 1, durationsMs: next };
}

/** The median of the remembered runs; else that of the same target elsewhere; else ten seconds. */
export function expectedMs(timings: Timings, id: string): number {
  const own = timings.durationsMs[id];
  if (own !== undefined && own.length > 0) return median(own);
  const target = id.slice(id.indexOf(':'));
  const similar = Object.entries(timings.durationsMs)
    .filter(([other]) => other.endsWith(target))
    .flatMap(([, durations]) => durations);
  return similar.length > 0 ? median(similar) : fallbackMs;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
