import { latencyBin, LOWEST_MS, type LatencyCounts } from './latency-bins.ts';
import type { ArmCounts, IntervalCounts } from './outcome.ts';

/** One arm's cumulative counters as a load balancer or a scrape shows them. */
export interface ArmCounters {
  readonly requests: number;
  readonly failures: number;
  /** Cumulative over time, not over buckets: how many so far fell into each bucket alone. */
  readonly latencyBuckets?: {
    readonly upperBoundsMs: readonly number[];
    readonly counts: readonly number[];
  };
  readonly business?: { readonly total: number; readonly failures: number };
}

/** Both arms' counters at one moment. */
export interface CounterReading {
  readonly atMs: number;
  readonly baseline: ArmCounters;
  readonly canary: ArmCounters;
}

/**
 * What happened between two readings. A counter that went down was reset with its process, and counts from
 * zero; a failure counter never exceeds its total, since both are read at slightly different moments.
 */
export function intervalBetween(
  previous: CounterReading,
  current: CounterReading,
  weight?: number,
): IntervalCounts {
  return {
    fromMs: previous.atMs,
    toMs: current.atMs,
    ...(weight !== undefined && { weight }),
    baseline: armBetween(previous.baseline, current.baseline),
    canary: armBetween(previous.canary, current.canary),
  };
}

function armBetween(previous: ArmCounters, current: ArmCounters): ArmCounts {
  const requests = increase(previous.requests, current.requests);
  const business = current.business && {
    total: increase(previous.business?.total ?? 0, current.business.total),
    failures: increase(previous.business?.failures ?? 0, current.business.failures),
  };
  const latency = current.latencyBuckets && bucketsBetween(previous, current.latencyBuckets);
  return {
    requests,
    failures: Math.min(requests, increase(previous.failures, current.failures)),
    ...(latency && { latency }),
    ...(business && {
      business: { ...business, failures: Math.min(business.total, business.failures) },
    }),
  };
}

function bucketsBetween(
  previous: ArmCounters,
  { upperBoundsMs, counts }: NonNullable<ArmCounters['latencyBuckets']>,
): LatencyCounts {
  const before = previous.latencyBuckets?.counts ?? [];
  return countBuckets(
    upperBoundsMs,
    counts.map((count, i) => increase(before[i] ?? 0, count)),
  );
}

function increase(previous: number, current: number): number {
  return current >= previous ? current - previous : current;
}

/**
 * Counts from the buckets of a metric system: `upperBoundsMs[i]` ends bucket i, `counts[i]` is what
 * fell into it alone. Both arms must use the same bounds. An unbounded last bucket counts as twice the
 * bound before it.
 */
export function countBuckets(
  upperBoundsMs: readonly number[],
  counts: readonly number[],
): LatencyCounts {
  const bins = upperBoundsMs.map((bound, i) =>
    latencyBin(Number.isFinite(bound) ? bound : 2 * (upperBoundsMs[i - 1] ?? LOWEST_MS)),
  );
  return { bins, counts };
}
