import { type LatencyHistogram, percentile, subtractHistogram } from './latency-histogram.ts';

/** What a router has counted for one revision since it first knew it. All counts only grow within an era. */
export interface TrafficCounts {
  /** Requests that were answered or failed; one that is in flight is not counted yet. */
  readonly requests: number;
  /** Requests that failed by the service's fault: 5xx, connection lost, timed out. */
  readonly errors: number;
  readonly latency: LatencyHistogram;
}

export const NO_TRAFFIC: TrafficCounts = { requests: 0, errors: 0, latency: {} };

/** What was counted between two readings; a counter that has shrunk was begun anew in between. */
export function countsSince(later: TrafficCounts, earlier: TrafficCounts): TrafficCounts {
  if (later.requests < earlier.requests || later.errors < earlier.errors) return later;
  return {
    requests: later.requests - earlier.requests,
    errors: later.errors - earlier.errors,
    latency: subtractHistogram(later.latency, earlier.latency),
  };
}

/** The figures that people look at. Latencies in milliseconds; NaN without requests. */
export interface TrafficSummary {
  readonly requests: number;
  readonly errors: number;
  /** 0 to 1. */
  readonly errorRate: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

export function summarise(counts: TrafficCounts): TrafficSummary {
  return {
    requests: counts.requests,
    errors: counts.errors,
    errorRate: counts.requests === 0 ? NaN : counts.errors / counts.requests,
    p50Ms: percentile(counts.latency, 0.5),
    p95Ms: percentile(counts.latency, 0.95),
    p99Ms: percentile(counts.latency, 0.99),
  };
}
