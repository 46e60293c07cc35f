import { binLatencyMs } from './latency-bins.ts';
import { quantileInterval, rateInterval, type Interval } from './confidence-sequence.ts';
import type { Arm, RateCounts } from './outcome.ts';
import type { LatencyCounts } from './latency-bins.ts';

/** An estimate and the anytime-valid interval around it. */
export interface Estimate extends Interval {
  readonly estimate: number;
}

/** How the arms compare on one metric. */
export interface Difference {
  readonly metric: string;
  /** `rate`: failures per outcome, compared by difference; `latency`: milliseconds, by ratio. */
  readonly kind: 'rate' | 'latency';
  /** The quantile compared, for latency. */
  readonly quantile?: number;
  readonly baseline: Estimate;
  readonly canary: Estimate;
  /** canary − baseline for rates, canary / baseline for latency. */
  readonly difference: Estimate;
  /** Outcomes counted per arm. */
  readonly outcomes: Readonly<Record<Arm, number>>;
  /** 0.95: the intervals hold at every look with this probability, while the arms' rates are steady. */
  readonly level: number;
}

/** The difference of two failure rates; both arms' intervals share `alpha`. */
export function rateDifference(
  metric: string,
  baseline: RateCounts,
  canary: RateCounts,
  alpha: number,
): Difference {
  const [b, c] = [baseline, canary].map(({ failures, total }) => ({
    estimate: total > 0 ? failures / total : 0,
    ...rateInterval(failures, total, alpha / 2),
  })) as [Estimate, Estimate];
  return {
    metric,
    kind: 'rate',
    baseline: b,
    canary: c,
    difference: {
      estimate: c.estimate - b.estimate,
      low: c.low - b.high,
      high: c.high - b.low,
    },
    outcomes: { baseline: baseline.total, canary: canary.total },
    level: 1 - alpha,
  };
}

/** The ratio of two latency quantiles; `undefined` until both arms have latencies. */
export function latencyDifference(
  baseline: LatencyCounts,
  canary: LatencyCounts,
  quantile: number,
  alpha: number,
): Difference | undefined {
  const [b, c] = [baseline, canary].map((latency) => {
    const bins = quantileInterval(latency, quantile, alpha / 2);
    return (
      bins && {
        estimate: binLatencyMs(bins.estimate),
        low: binLatencyMs(bins.low),
        high: binLatencyMs(bins.high),
      }
    );
  });
  if (!b || !c) return undefined;
  return {
    metric: 'latency',
    kind: 'latency',
    quantile,
    baseline: b,
    canary: c,
    difference: {
      estimate: c.estimate / b.estimate,
      low: c.low / b.high,
      high: c.high / b.low,
    },
    outcomes: { baseline: sum(baseline.counts), canary: sum(canary.counts) },
    level: 1 - alpha,
  };
}

function sum(counts: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < counts.length; i++) total += counts[i] as number;
  return total;
}
