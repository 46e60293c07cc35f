import type { Difference, Estimate } from './difference.ts';
import type { HardLimit } from './hard-limit.ts';
import type { Arm } from './outcome.ts';
import type { PromotionStanding } from './promotion.ts';

const METRIC_NOUNS: Readonly<Record<string, string>> = {
  errors: 'requests',
  business: 'runs',
};

/** "0.26 %": two figures, as many as a tired person reads. */
export function sayShare(share: number): string {
  return `${sayNumber(100 * share)} %`;
}

export function sayNumber(value: number): string {
  if (!Number.isFinite(value)) return 'unbounded';
  if (value === 0) return '0';
  const digits = Math.max(0, 1 - Math.floor(Math.log10(Math.abs(value))));
  return Number(value.toFixed(Math.min(8, digits))).toString();
}

/** "90 s", "12 min", "2.5 h". */
export function sayTime(durationMs: number): string {
  const seconds = Math.max(0, Math.round(durationMs / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${sayNumber(seconds / 3600)} h`;
}

/** `oneIn` is how many healthy rollouts there are to each that would show as much by chance. */
export function sayHarm(metric: string, difference: Difference | undefined, oneIn: number): string {
  const chance = `equal revisions show as much in fewer than 1 of ${sayNumber(oneIn)} rollouts`;
  if (!difference) return `The canary is worse on ${metric}.`;
  const { baseline, canary, outcomes } = difference;
  if (difference.kind === 'latency') {
    return (
      `The canary is slower: ${sayQuantile(difference.quantile)} is ${sayMs(canary)} against ` +
      `${sayMs(baseline)}, ${sayNumber(difference.difference.estimate)} times as long ` +
      `(${sayLevel(difference)} ${sayNumber(difference.difference.low)} to ${sayNumber(difference.difference.high)}), ` +
      `from ${outcomes.canary} answers of the canary and ${outcomes.baseline} of the stable revision; ${chance}.`
    );
  }
  const noun = METRIC_NOUNS[metric] ?? `outcomes of "${metric}"`;
  if (difference.difference.estimate <= 0) {
    return (
      `The canary's ${noun} are missing: it reported ${outcomes.canary} against ${outcomes.baseline} ` +
      `of the stable revision, fewer than its share of the traffic.`
    );
  }
  return (
    `The canary fails more often: ${sayFailures(canary, outcomes.canary)} of its ${outcomes.canary} ${noun} ` +
    `(${sayShare(canary.estimate)}) against ${sayFailures(baseline, outcomes.baseline)} of ${outcomes.baseline} ` +
    `(${sayShare(baseline.estimate)}) on the stable revision, ${sayPoints(difference)}; ${chance}.`
  );
}

function sayFailures({ estimate }: Estimate, total: number): string {
  return String(Math.round(estimate * total));
}

function sayPoints(difference: Difference): string {
  const { estimate, low, high } = difference.difference;
  const [points, from, to] = [estimate, low, high].map((share) => sayNumber(100 * share));
  return `a difference of ${points} percentage points (${sayLevel(difference)} ${from} to ${to})`;
}

function sayLevel({ level }: Difference): string {
  return `${sayNumber(100 * level)} % interval`;
}

function sayQuantile(quantile: number | undefined): string {
  return quantile === 0.5 ? 'its median' : `its p${Math.round(100 * (quantile ?? 0.5))}`;
}

function sayMs({ estimate }: Estimate): string {
  return `${sayNumber(estimate)} ms`;
}

export function sayBrokenLimit(limit: HardLimit): string {
  const window = `in the last ${sayTime(1000 * (limit.windowSeconds ?? 60))}`;
  if (limit.metric === 'latency') {
    return `More than ${sayShare(limit.above)} of the canary's answers took longer than ${limit.slowerThanMs} ms ${window}: the hard limit.`;
  }
  const noun = METRIC_NOUNS[limit.metric] ?? 'outcomes';
  return `More than ${sayShare(limit.above)} of the canary's ${noun} failed ${window}: the hard limit.`;
}

export function sayCollecting(
  requests: Readonly<Record<Arm, number>>,
  missing: PromotionStanding | undefined,
): string {
  const seen = `${requests.canary} requests to the canary and ${requests.baseline} to the stable revision`;
  if (!missing) return `${seen} so far; the traffic is still being measured.`;
  const { test, evidence, required } = missing;
  return `${seen}; ${test} has evidence ${sayNumber(evidence)} of the ${required} it needs.`;
}

export function sayHealthy(
  requests: Readonly<Record<Arm, number>>,
  binding: readonly PromotionStanding[],
): string {
  const margins = binding.map(({ metric, test, margin }) =>
    metric === 'latency'
      ? `${test} is not ${sayShare(margin)} slower`
      : `${test} not ${sayNumber(100 * margin)} points worse`,
  );
  return (
    `The canary is as good as the stable revision (${margins.join(', ')}), from ` +
    `${requests.canary} requests to it and ${requests.baseline} to the stable revision.`
  );
}
