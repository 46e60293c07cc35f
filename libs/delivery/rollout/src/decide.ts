import { rollbackPlan } from './plan.ts';
import { isSameRevision } from './revision.ts';
import type { Rollout } from './rollout.ts';
import type { Step } from './step.ts';
import type { Verdict } from './verdict.ts';

/** What can happen to a rollout. `index` is the step's place in `Rollout.steps`. */
export type RolloutEvent =
  | { readonly kind: 'step-finished'; readonly index: number; readonly verdict: Verdict }
  /** A person wants to go on past a pause; `full` skips every remaining stage. */
  | { readonly kind: 'promote-requested'; readonly full: boolean; readonly by: string }
  | { readonly kind: 'abort-requested'; readonly reason: string; readonly by: string };

/** After this many failed steps a rollback counts as blocked. */
export const MAX_ROLLBACK_FAILURES = 5;

/**
 * The next state after `event`. Events that do not fit the state (a late result of a step that was
 * left, a promotion where nothing waits) change nothing, so that replaying a journal and hearing a
 * request twice are harmless.
 */
export function decide(rollout: Rollout, event: RolloutEvent): Rollout {
  switch (event.kind) {
    case 'step-finished':
      return event.index === rollout.cursor ? afterStep(rollout, event.verdict) : rollout;
    case 'promote-requested':
      return afterPromoteRequest(rollout, event.full);
    case 'abort-requested':
      return afterAbortRequest(rollout, `aborted by ${event.by}: ${event.reason}`);
  }
}

function afterStep(rollout: Rollout, verdict: Verdict): Rollout {
  if (rollout.phase.kind === 'rolling-back') return afterRollbackStep(rollout, verdict);
  if (rollout.phase.kind !== 'running') return rollout;
  switch (verdict.outcome) {
    case 'pass':
      return advanceTo(rollout, rollout.cursor + 1);
    case 'fail':
      return everythingPromoted(rollout)
        ? { ...rollout, phase: { kind: 'paused', reason: verdict.reason } }
        : rollBack(rollout, verdict.reason);
    case 'inconclusive':
    case 'no-data':
      return rollout.onInconclusive === 'rollback' && !everythingPromoted(rollout)
        ? rollBack(rollout, verdict.reason)
        : { ...rollout, phase: { kind: 'paused', reason: verdict.reason } };
  }
}

/**
 * A failure after the last promotion (an old revision that never falls silent) is no reason to leave
 * the new revision, whose traffic is fine: a person looks at it.
 */
function everythingPromoted(rollout: Rollout): boolean {
  return !rollout.steps.slice(rollout.cursor).some((step) => step.kind === 'promote');
}

function advanceTo(rollout: Rollout, cursor: number): Rollout {
  const step = rollout.steps[cursor];
  if (!step) return { ...rollout, cursor, phase: { kind: 'promoted' } };
  return step.kind === 'pause'
    ? { ...rollout, cursor, phase: { kind: 'paused', reason: step.reason } }
    : { ...rollout, cursor, phase: { kind: 'running' } };
}

/** Goes back for every service whose candidate may already be there. */
function rollBack(rollout: Rollout, reason: string): Rollout {
  const begun = rollout.steps.slice(0, rollout.cursor + 1);
  const release = rollout.plan.release.filter(({ candidate }) =>
    begun.some((step) => step.kind === 'deploy' && isSameRevision(step.revision, candidate)),
  );
  const { steps } = rollbackPlan(release, rollout.times);
  return steps.length === 0
    ? { ...rollout, steps, cursor: 0, phase: { kind: 'rolled-back', reason } }
    : { ...rollout, steps, cursor: 0, phase: { kind: 'rolling-back', reason, failures: 0 } };
}

function afterRollbackStep(rollout: Rollout, verdict: Verdict): Rollout {
  if (rollout.phase.kind !== 'rolling-back') return rollout;
  const { reason } = rollout.phase;
  if (verdict.outcome === 'pass') {
    const cursor = rollout.cursor + 1;
    return cursor === rollout.steps.length
      ? { ...rollout, cursor, phase: { kind: 'rolled-back', reason } }
      : { ...rollout, cursor };
  }
  // From the first step again: each is safe to repeat, and what failed may need an earlier one redone.
  const failures = rollout.phase.failures + 1;
  return failures >= MAX_ROLLBACK_FAILURES
    ? { ...rollout, phase: { kind: 'blocked', reason: verdict.reason } }
    : { ...rollout, cursor: 0, phase: { kind: 'rolling-back', reason, failures } };
}

function afterPromoteRequest(rollout: Rollout, full: boolean): Rollout {
  if (rollout.phase.kind !== 'paused') return rollout;
  const step = rollout.steps[rollout.cursor];
  if (full) {
    const index = rollout.steps.findIndex(
      (later, i) => i >= rollout.cursor && later.kind === 'set-weight' && later.weight === 100,
    );
    if (index >= 0) return advanceTo(rollout, index);
  }
  return advanceTo(rollout, step && isSkippable(step) ? rollout.cursor + 1 : rollout.cursor);
}

/** A person may overrule missing evidence; work that is not done has to be done again. */
function isSkippable(step: Step): boolean {
  return step.kind === 'pause' || step.kind === 'analyse' || step.kind === 'set-weight';
}

function afterAbortRequest(rollout: Rollout, reason: string): Rollout {
  switch (rollout.phase.kind) {
    case 'running':
    case 'paused':
      return rollBack(rollout, reason);
    case 'blocked':
      return { ...rollout, cursor: 0, phase: { kind: 'rolling-back', reason, failures: 0 } };
    case 'rolling-back':
    case 'promoted':
    case 'rolled-back':
      return rollout;
  }
}
