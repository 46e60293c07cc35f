import { BIN_WIDTH } from './latency-bins.ts';
import type { JudgePolicy, PromotionGoal } from './policy.ts';

/** What is known of the traffic when the margins are frozen, in outcomes per second. */
export interface TrafficRate {
  readonly requests: number;
  readonly latencies: number;
  readonly business: number;
  readonly further: Readonly<Record<string, number>>;
}

/** An absolute margin this wide asks nothing any more. */
const NOT_BINDING = 0.5;

/** Shares of the traffic to consider for the tail, finest first. */
const TAIL_QUANTILES = [0.99, 0.95, 0.9, 0.75] as const;

/** The promotion goal of a stage: the last one decides for everybody. */
export function goalOf(policy: JudgePolicy, stage: number, stages: number): PromotionGoal {
  return stage === stages - 1 ? policy.final : policy.between;
}

/**
 * The absolute margin of a stage that leads to `nextWeight`: wider while fewer users are exposed, and never
 * finer than what the traffic can show in the goal's time. `undefined` when it would ask nothing.
 */
export function stageMargin(
  margin: number,
  goal: PromotionGoal,
  ratePerSecond: number,
  nextWeight: number,
): number | undefined {
  const visible = goal.failures / (ratePerSecond * nextWeight * goal.seconds);
  const widest = Math.max(margin / nextWeight, visible);
  return widest < NOT_BINDING ? widest : undefined;
}

/**
 * A relative latency margin in whole bins, rounded down: the test may ask for more than the margin,
 * never for less.
 */
export function latencyMarginBins(margin: number, nextWeight: number): number {
  const scale = Math.min(4, 1 / nextWeight);
  return Math.max(1, Math.floor(Math.log1p(margin * scale) / BIN_WIDTH + 1e-9));
}

/** The highest quantile of which the canary shows at least three exceedances in five minutes. */
export function tailQuantile(requestsPerSecond: number, weight: number): number {
  const visible = TAIL_QUANTILES.find((q) => (1 - q) * requestsPerSecond * weight * 300 >= 3);
  return visible ?? 0.75;
}
