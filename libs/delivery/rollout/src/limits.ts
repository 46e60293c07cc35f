import type { TrafficCounts } from './traffic-counts.ts';
import { summarise } from './traffic-counts.ts';
import { type Verdict, fail, pass } from './verdict.ts';

/**
 * Limits that a revision must keep, whatever its counterpart does. The defaults are the usual ones of a
 * fixed-window canary: 1 % errors, 500 ms at the 99th percentile.
 */
export interface Limits {
  /** 0 to 1. */
  readonly maxErrorRate: number;
  readonly maxP99Ms: number;
  /** The median may be this many times the counterpart's … */
  readonly maxP50Ratio: number;
  /** … as long as it is also at least this many milliseconds slower: ratios of tiny latencies mean nothing. */
  readonly minP50DifferenceMs: number;
}

export const DEFAULT_LIMITS: Limits = {
  maxErrorRate: 0.01,
  maxP99Ms: 500,
  maxP50Ratio: 1.5,
  minP50DifferenceMs: 20,
};

/** Errors below this count never fail a revision: one request of twenty is not a rate. */
const MIN_ERRORS = 3;

/** Which limit the revision breaks now; `undefined` while it keeps them all. May be asked at any time. */
export function brokenLimit(
  limits: Limits,
  revision: TrafficCounts,
  counterpart: TrafficCounts,
): Verdict | undefined {
  const judged = summarise(revision);
  const other = summarise(counterpart);
  if (judged.errors >= MIN_ERRORS && judged.errorRate > limits.maxErrorRate) {
    return fail(
      `${judged.errors} of ${judged.requests} requests failed (${(judged.errorRate * 100).toFixed(1)} %); the limit is ${limits.maxErrorRate * 100} %`,
    );
  }
  if (judged.requests >= MIN_LATENCY_SAMPLES) {
    if (judged.p99Ms > limits.maxP99Ms) {
      return fail(`p99 is ${judged.p99Ms.toFixed(0)} ms; the limit is ${limits.maxP99Ms} ms`);
    }
    if (
      other.requests >= MIN_LATENCY_SAMPLES &&
      judged.p50Ms > other.p50Ms * limits.maxP50Ratio &&
      judged.p50Ms - other.p50Ms > limits.minP50DifferenceMs
    ) {
      return fail(
        `the median latency is ${judged.p50Ms.toFixed(0)} ms against ${other.p50Ms.toFixed(0)} ms on the other revision; at most ${limits.maxP50Ratio} times is allowed`,
      );
    }
  }
  return undefined;
}

/** Fewer latencies than this are no distribution. */
const MIN_LATENCY_SAMPLES = 20;

/** The verdict at the end of a window. */
export function judgeWindow(
  limits: Limits,
  minSamples: number,
  revision: TrafficCounts,
  counterpart: TrafficCounts,
): Verdict {
  const broken = brokenLimit(limits, revision, counterpart);
  if (broken) return broken;
  if (revision.requests < minSamples) {
    return {
      outcome: 'no-data',
      reason: `only ${revision.requests} requests arrived, ${minSamples} are needed for a verdict`,
    };
  }
  const { requests, errors, p50Ms, p95Ms, p99Ms } = summarise(revision);
  return pass(
    `${requests} requests, ${errors} errors, p50/p95/p99 ${p50Ms.toFixed(0)}/${p95Ms.toFixed(0)}/${p99Ms.toFixed(0)} ms`,
  );
}
