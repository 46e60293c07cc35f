import type { Plan, PlanTimes } from './plan.ts';
import type { Step } from './step.ts';

/**
 * Where a rollout stands.
 *
 *     running ──────────────────────────────▶ promoted
 *      │  ▲ ╲                                    (all steps done)
 *      │  │  ╲ fail, abort
 *      ▼  │   ╲
 *     paused ──▶ rolling-back ──▶ rolled-back
 *         abort      │  ▲
 *                    ▼  │ retry
 *                  blocked
 *
 * `paused` waits for a person: at a gate, or because the evidence was inconclusive. `blocked` is a
 * rollback whose current step keeps failing; asking for the rollback again retries it. `promoted` and
 * `rolled-back` are final: going back from `promoted` is a new rollout with the strategy `rollback`.
 */
export type Phase =
  | { readonly kind: 'running' }
  | { readonly kind: 'paused'; readonly reason: string }
  | { readonly kind: 'rolling-back'; readonly reason: string; readonly failures: number }
  | { readonly kind: 'blocked'; readonly reason: string }
  | { readonly kind: 'promoted' }
  | { readonly kind: 'rolled-back'; readonly reason: string };

/** What to do when an analysis ends without a proof in either direction. */
export type OnInconclusive = 'pause' | 'rollback';

/** The whole state of a rollout: a pure function of its journal. */
export interface Rollout {
  readonly id: string;
  readonly plan: Plan;
  readonly times: PlanTimes;
  readonly onInconclusive: OnInconclusive;
  readonly reason: string;
  readonly phase: Phase;
  /** The steps being worked on: the plan's, or those of the way back. */
  readonly steps: readonly Step[];
  /** Index into `steps` of the step that is under way or next; `steps.length` when all are done. */
  readonly cursor: number;
}

/** What was decided before the first step. */
export interface RolloutStart {
  readonly id: string;
  readonly plan: Plan;
  readonly times: PlanTimes;
  readonly onInconclusive: OnInconclusive;
  /** Why the rollout was started, in the words of whoever started it. */
  readonly reason: string;
}

/** A plan that goes back is worked on like any rollback: its steps are retried, never abandoned. */
export function startRollout(start: RolloutStart): Rollout {
  const phase: Phase =
    start.plan.strategy === 'rollback'
      ? { kind: 'rolling-back', reason: start.reason, failures: 0 }
      : { kind: 'running' };
  return { ...start, phase, steps: start.plan.steps, cursor: 0 };
}

/** The step to execute now, or `undefined` where there is nothing to execute. */
export function currentStep(rollout: Rollout): Step | undefined {
  switch (rollout.phase.kind) {
    case 'running':
    case 'rolling-back':
      return rollout.steps[rollout.cursor];
    case 'paused':
    case 'blocked':
    case 'promoted':
    case 'rolled-back':
      return undefined;
  }
}

export function isFinished(rollout: Rollout): boolean {
  return rollout.phase.kind === 'promoted' || rollout.phase.kind === 'rolled-back';
}
