export { AnalysisError, type AnalysisErrorCode } from './analysis-error.ts';
export type { Action, Decision, Reason, Verdict } from './decision.ts';
export {
  countBuckets,
  intervalBetween,
  type ArmCounters,
  type CounterReading,
} from './counter-reading.ts';
export type { Difference, Estimate } from './difference.ts';
export { rateInterval, type Interval } from './confidence-sequence.ts';
export {
  DEFAULT_THRESHOLDS,
  DEFAULT_WINDOWS,
  FixedWindowJudge,
  type FixedThresholds,
  type FixedWindow,
  type FixedWindowOptions,
  type FixedWindowSnapshot,
} from './fixed-windows.ts';
export type { HardLimit } from './hard-limit.ts';
export type { HarmStanding } from './harm.ts';
export { CanaryJudge, type JudgeSnapshot, type JudgeStatus, type Phase } from './judge.ts';
export type { Judge } from './judge-port.ts';
export type { GuardPlan, JudgeOptions, StagePlan } from './judge-options.ts';
export {
  BIN_COUNT,
  binLatencyMs,
  countLatencies,
  latencyBin,
  type LatencyCounts,
} from './latency-bins.ts';
export type { TrafficRate } from './margins.ts';
export { renderPlot, type Plot, type PlotMark, type PlotPoint } from './plot.ts';
export { normalCdf, normalQuantile } from './normal.ts';
export type { Arm, ArmCounts, IntervalCounts, Outcome, RateCounts } from './outcome.ts';
export { DEFAULT_POLICY, type FurtherMetric, type JudgePolicy } from './policy.ts';
export type { PromotionStanding } from './promotion.ts';
