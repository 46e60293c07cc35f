import type { LatencyHarmPolicy } from './latency-harm.ts';
import type { RateHarmPolicy } from './rate-harm.ts';

/** A further metric of good and bad outcomes. Its share of the evidence is taken from the first three. */
export interface FurtherMetric {
  readonly name: string;
  readonly share: number;
  /** Failing less than this much more often than the baseline (absolute) is called "not worse". */
  readonly margin: number;
  readonly harm: RateHarmPolicy;
}

/** What ends a stage: evidence of at least `evidence` for every metric, aimed at within `seconds`. */
export interface PromotionGoal {
  readonly evidence: number;
  /** A margin is never finer than so many extra failures within `seconds` at the next weight. */
  readonly failures: number;
  readonly seconds: number;
}

/** Every parameter of the judge. The defaults are measured by the benchmark; see docs/judge.md. */
export interface JudgePolicy {
  /** A healthy rollout is rolled back with at most this probability, however often one looks. */
  readonly alpha: number;
  /** How the evidence of harm is shared; they sum to 1 before further metrics take their part. */
  readonly shares: {
    readonly errors: number;
    readonly latency: number;
    readonly business: number;
  };
  readonly errors: RateHarmPolicy;
  readonly latency: LatencyHarmPolicy;
  readonly business: RateHarmPolicy;
  readonly further: readonly FurtherMetric[];
  /** Absolute margins of the promotion tests at full weight. */
  readonly errorsMargin: number;
  readonly businessMargin: number;
  /** Relative latency margins at full weight; wider in early stages, where fewer users are exposed. */
  readonly medianMargin: number;
  readonly tailMargin: number;
  readonly between: PromotionGoal;
  readonly final: PromotionGoal;
  /** Latency is left out for so long after a canary starts; errors never are. */
  readonly warmUpMs: number;
  /** Without any outcome for so long, nothing advances. */
  readonly gapMs: number;
  readonly sampleRatioAlpha: number;
  /** Level of the reported intervals: 0.05 for 95 %. */
  readonly intervalAlpha: number;
}

export const DEFAULT_POLICY: JudgePolicy = {
  alpha: 0.01,
  shares: { errors: 0.4, latency: 0.35, business: 0.25 },
  errors: {
    experts: [
      { ratio: 2.5, prior: 0.2 },
      { ratio: 6, prior: 0.3 },
      { ratio: 15, prior: 0.25 },
      { ratio: 60, prior: 0.15 },
      { ratio: 400, prior: 0.1 },
    ],
    initialCash: 0.15,
    refillSeconds: 600,
    memory: { seconds: 60, samples: 5000 },
    guess: 0.001,
  },
  latency: {
    experts: [
      { kind: 'shift', d: 0.05, prior: 0.14 },
      { kind: 'shift', d: 0.12, prior: 0.16 },
      { kind: 'shift', d: 0.27, prior: 0.25 },
      { kind: 'shift', d: 0.6, prior: 0.12 },
      { kind: 'shift', d: 1.2, prior: 0.05 },
      { kind: 'tail', z0: 2.326, ratio: 2.5, prior: 0.1 },
      { kind: 'tail', z0: 3, ratio: 14, prior: 0.18 },
    ],
    initialCash: 0.15,
    refillSeconds: 600,
    memory: { seconds: 30, samples: 1500 },
    toleranceBins: 1,
  },
  business: {
    experts: [
      { ratio: 2, prior: 0.3 },
      { ratio: 5, prior: 0.4 },
      { ratio: 15, prior: 0.2 },
      { ratio: 60, prior: 0.1 },
    ],
    initialCash: 0.15,
    refillSeconds: 600,
    memory: { seconds: 60, samples: 1000 },
    guess: 0.01,
  },
  further: [],
  errorsMargin: 0.002,
  businessMargin: 0.02,
  medianMargin: 0.1,
  tailMargin: 0.5,
  between: { evidence: 5, failures: 20, seconds: 300 },
  final: { evidence: 100, failures: 10, seconds: 1200 },
  warmUpMs: 30_000,
  gapMs: 30_000,
  sampleRatioAlpha: 1e-4,
  intervalAlpha: 0.05,
};
