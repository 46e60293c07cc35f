import { AnalysisError } from './analysis-error.ts';
import type { HardLimit } from './hard-limit.ts';
import type { TrafficRate } from './margins.ts';
import { DEFAULT_POLICY, type JudgePolicy } from './policy.ts';

/** One step of a rollout: the canary's share, and how long the step may last. */
export interface StagePlan {
  /** The canary's share, between 0 and 1. */
  readonly weight: number;
  /** Never shorter than this; default 10 s. */
  readonly dwellMs?: number;
  /** Without enough evidence by then the stage holds for a person; default 30 min, 2 h at the end. */
  readonly deadlineMs?: number;
}

/** After promotion a rest of the traffic stays on the old revision, and harm is still looked for. */
export interface GuardPlan {
  /** The canary's share meanwhile; default 0.95. */
  readonly weight: number;
  /** Default 30 min. */
  readonly durationMs: number;
}

/** Everything a judge is built from; plain data, and part of its snapshot. */
export interface JudgeOptions {
  /** Increasing weights; after the last comes promotion. */
  readonly stages: readonly StagePlan[];
  readonly guard?: Partial<GuardPlan>;
  readonly policy?: Partial<JudgePolicy>;
  readonly limits?: readonly HardLimit[];
  /** What traffic to expect; otherwise the first seconds are measured before margins are frozen. */
  readonly traffic?: TrafficRate;
  /**
   * `session` (default): an outcome that names a session counts only if it is that session's first.
   * `request`: every outcome counts; right when each request is routed on its own.
   */
  readonly unit?: 'session' | 'request';
  /**
   * `outcomes` (default): the split is checked on outcomes. `reported`: on `routed` calls, which
   * also see requests that never end.
   */
  readonly allocation?: 'outcomes' | 'reported';
  /** What an undecided stage does at its deadline; default `hold`. */
  readonly onDeadline?: 'hold' | 'rollback';
}

export const DEFAULT_DWELL_MS = 10_000;
export const DEFAULT_GUARD: GuardPlan = { weight: 0.95, durationMs: 30 * 60_000 };

/** Half an hour per stage, two for the last: at 10 requests/s its evidence takes half an hour, and incidents more. */
export function deadlineOf(stages: readonly StagePlan[], stage: number): number {
  return stages[stage]?.deadlineMs ?? (stage === stages.length - 1 ? 7_200_000 : 1_800_000);
}

export function policyOf(options: JudgeOptions): JudgePolicy {
  return { ...DEFAULT_POLICY, ...options.policy };
}

/** Refuses plans and policies whose promises could not be kept; all problems are found before a rollout. */
export function checkOptions(options: JudgeOptions): void {
  const weights = options.stages.map(({ weight }) => weight);
  if (weights.length === 0) {
    throw new AnalysisError('PLAN_INVALID', 'the plan has no stages', {
      next: 'give at least one stage, for example { weight: 0.05 }',
    });
  }
  weights.forEach((weight, i) => {
    if (!(weight > 0 && weight < 1) || weight <= (weights[i - 1] ?? 0)) {
      throw new AnalysisError(
        'PLAN_INVALID',
        `stage ${i} has weight ${weight}; weights lie between 0 and 1 and increase`,
        { next: 'list rising weights, for example 0.05, 0.25, 0.5' },
      );
    }
  });
  const policy = policyOf(options);
  const further = policy.further.reduce((sum, { share }) => sum + share, 0);
  const three = policy.shares.errors + policy.shares.latency + policy.shares.business;
  const isFair =
    policy.alpha > 0 &&
    policy.alpha < 1 &&
    Math.abs(three - 1) < 1e-9 &&
    further >= 0 &&
    further < 1 &&
    [
      policy.errors,
      policy.latency,
      policy.business,
      ...policy.further.map(({ harm }) => harm),
    ].every(
      ({ experts, initialCash }) =>
        initialCash >= 0 &&
        initialCash <= 1 &&
        Math.abs(experts.reduce((sum, { prior }) => sum + prior, 0) - 1) < 1e-9,
    );
  if (!isFair) {
    throw new AnalysisError(
      'POLICY_INVALID',
      'alpha, shares or priors are not probabilities that sum to 1; the false-alarm promise would be void',
      { next: 'start from DEFAULT_POLICY and change single values' },
    );
  }
}
