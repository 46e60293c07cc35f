import { BIN_COUNT, type LatencyCounts } from './latency-bins.ts';
import type { ArmCounts, IntervalCounts, RateCounts } from './outcome.ts';

/** An interval whose every number can be used. Metrics that one arm lacks are left out for both. */
export interface CheckedInterval {
  /** Just before the interval's end. */
  readonly atMs: number;
  /** Errors, business, then further metrics. */
  readonly rates: readonly (TwoArms<RateCounts> | undefined)[];
  readonly latency: TwoArms<LatencyCounts> | undefined;
  /** Metrics that were given but could not be read. */
  readonly ignored: number;
}

interface TwoArms<T> {
  readonly baseline: T;
  readonly canary: T;
}

/** A scrape that reports more than this is broken. */
const LARGEST_COUNT = 1e12;

/** `undefined` when not even the requests can be read. */
export function checkedInterval(
  { fromMs, toMs, baseline, canary }: IntervalCounts,
  furtherNames: readonly string[],
): CheckedInterval | undefined {
  const requests = (arm: ArmCounts | undefined | null) =>
    arm ? { total: arm.requests, failures: arm.failures } : undefined;
  const errors = bothRates(requests(baseline), requests(canary));
  if (!errors || !Number.isFinite(toMs) || !Number.isFinite(fromMs)) return undefined;
  const given = [
    [baseline.business, canary.business] as const,
    ...furtherNames.map((name) => [baseline.further?.[name], canary.further?.[name]] as const),
  ];
  const rates = given.map(([b, c]) => bothRates(b, c));
  const latency =
    isLatency(baseline.latency) && isLatency(canary.latency)
      ? { baseline: baseline.latency, canary: canary.latency }
      : undefined;
  const unread = given.filter(([b, c], i) => (b ?? c) !== undefined && !rates[i]).length;
  const lostLatency = !latency && (baseline.latency ?? canary.latency) !== undefined ? 1 : 0;
  return {
    atMs: toMs > fromMs ? toMs - Math.min(1, (toMs - fromMs) / 2) : toMs,
    rates: [errors, ...rates],
    latency,
    ignored: unread + lostLatency,
  };
}

function bothRates(
  baseline: RateCounts | undefined,
  canary: RateCounts | undefined,
): TwoArms<RateCounts> | undefined {
  return isRate(baseline) && isRate(canary) ? { baseline, canary } : undefined;
}

function isRate(counts: RateCounts | undefined): counts is RateCounts {
  return (
    counts !== undefined &&
    counts !== null &&
    isCount(counts.total) &&
    isCount(counts.failures) &&
    counts.failures <= counts.total
  );
}

function isLatency(latency: LatencyCounts | undefined): latency is LatencyCounts {
  if (!latency?.bins || !latency.counts || latency.bins.length !== latency.counts.length) {
    return false;
  }
  for (let i = 0; i < latency.bins.length; i++) {
    const bin = latency.bins[i] as number;
    if (!Number.isInteger(bin) || bin < 0 || bin >= BIN_COUNT) return false;
    if (!isCount(latency.counts[i] as number)) return false;
  }
  return true;
}

function isCount(count: number): boolean {
  return typeof count === 'number' && count >= 0 && count <= LARGEST_COUNT;
}
