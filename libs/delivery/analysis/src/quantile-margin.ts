import type { TwoArmCounts } from './rate-margin.ts';

/**
 * ln of the growth of the bet that the canary exceeds the raised threshold (1 + m)·τ less often than the
 * baseline exceeds τ (H0: at least as often). `failures` are the outcomes above each arm's own
 * threshold; `e0` is the baseline's tail beyond τ, `e1` its tail beyond (1 + m)·τ, which an equal
 * canary would show.
 */
export function logQuantileGrowth(
  { canary, baseline }: TwoArmCounts,
  e0: number,
  e1: number,
  weight: number,
): number {
  const high = e1 / e0;
  const low = (1 - e1) / (1 - e0);
  const logHighPrice = Math.log(weight * high + 1 - weight);
  const logLowPrice = Math.log(weight * low + 1 - weight);
  return (
    canary.failures * (Math.log(high) - logHighPrice) +
    (canary.total - canary.failures) * (Math.log(low) - logLowPrice) -
    baseline.failures * logHighPrice -
    (baseline.total - baseline.failures) * logLowPrice
  );
}
