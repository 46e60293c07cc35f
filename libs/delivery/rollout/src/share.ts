import { type Verdict, fail, pass } from './verdict.ts';

/** A confidence interval for a share, both ends 0 to 1. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * Two-sided normal quantile behind {@link shareInterval}. 4.4 leaves one false alarm in about 100,000
 * looks, because the share is looked at many times in one rollout.
 */
const Z = 4.4;

/**
 * Wilson score interval for `hits` of `total` (Wilson 1927; Brown, Cai, DasGupta 2001). [0, 1] without data.
 */
export function shareInterval(hits: number, total: number): Interval {
  if (total <= 0) return { low: 0, high: 1 };
  const p = hits / total;
  const zz = (Z * Z) / total;
  const centre = (p + zz / 2) / (1 + zz);
  const half = (Z * Math.sqrt((p * (1 - p) + zz / 4) / total)) / (1 + zz);
  return { low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

/**
 * Whether the measured share agrees with the asked weight. At 0 and 100 % a single request on the wrong
 * side disagrees: those weights are promises, not averages.
 */
export function judgeShare(weight: number, hits: number, total: number): Verdict {
  const measured = `measured ${percent(hits / total)} (${hits} of ${total} requests)`;
  if (weight === 0 || weight === 100) {
    return hits === (weight / 100) * total
      ? pass(measured)
      : fail(`asked for ${weight} %, ${measured}`);
  }
  const { low, high } = shareInterval(hits, total);
  const asked = weight / 100;
  return low <= asked && asked <= high
    ? pass(measured)
    : fail(`asked for ${weight} %, ${measured}, which chance does not explain`);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
