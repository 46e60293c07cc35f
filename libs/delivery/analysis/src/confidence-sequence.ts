import { logJeffreysMixture } from './log-gamma.ts';
import type { LatencyCounts } from './latency-bins.ts';

/** A closed interval that holds at every look, not at one chosen in advance. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Anytime-valid interval for a rate after `failures` of `total` (beta-binomial mixture; Robbins 1970,
 * Howard & Ramdas 2022): the rates that the data do not contradict at level `alpha`, at any time.
 */
export function rateInterval(failures: number, total: number, alpha: number): Interval {
  if (!(total > 0)) return { low: 0, high: 1 };
  const contradicts = (rate: number) => logRateEvidence(failures, total, rate) >= -Math.log(alpha);
  const estimate = failures / total;
  return {
    low: failures === 0 ? 0 : boundary(estimate, 0, contradicts),
    high: failures === total ? 1 : boundary(estimate, 1, contradicts),
  };
}

/** ln of the e-value against a given rate. */
export function logRateEvidence(failures: number, total: number, rate: number): number {
  const good = total - failures;
  return (
    logJeffreysMixture(failures, good) -
    (failures > 0 ? failures * Math.log(rate) : 0) -
    (good > 0 ? good * Math.log1p(-rate) : 0)
  );
}

/** Bisects between a point inside the interval and one outside. */
function boundary(inside: number, outside: number, contradicts: (rate: number) => boolean): number {
  for (let i = 0; i < 200; i++) {
    const middle = (inside + outside) / 2;
    if (middle === inside || middle === outside) break;
    if (contradicts(middle)) outside = middle;
    else inside = middle;
  }
  return (inside + outside) / 2;
}

/**
 * Anytime-valid interval for the q-quantile, in bins: each bin's share below is a rate whose interval
 * may or may not hold q.
 */
export function quantileInterval(
  latency: LatencyCounts,
  q: number,
  alpha: number,
): { readonly estimate: number; readonly low: number; readonly high: number } | undefined {
  let total = 0;
  for (let i = 0; i < latency.counts.length; i++) total += latency.counts[i] as number;
  if (total === 0) return undefined;
  const threshold = -Math.log(alpha);
  let below = 0;
  let low: number | undefined;
  let estimate: number | undefined;
  let high: number | undefined;
  for (let i = 0; i < latency.bins.length; i++) {
    below += latency.counts[i] as number;
    const share = below / total;
    const contradicted = logRateEvidence(below, total, q) >= threshold;
    const bin = latency.bins[i] as number;
    if (share < q && contradicted) continue;
    low ??= bin;
    if (share >= q) estimate ??= bin;
    if (share > q && contradicted) {
      high = bin;
      break;
    }
  }
  return { estimate: estimate ?? low ?? 0, low: low ?? 0, high: high ?? Infinity };
}
