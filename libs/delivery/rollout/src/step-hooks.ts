import { type StepContext, type StepPorts, executeStep } from './execute-step.ts';
import type { Rollout } from './rollout.ts';
import type { Step } from './step.ts';
import type { Verdict } from './verdict.ts';

/** Before the step acts, while it works, or once it has passed. */
export type HookMoment = 'before' | 'during' | 'after';

/** Hooks at work. */
export interface RunningHooks {
  /** `fail` as soon as a required hook has failed, `pass` when all are done; never rejects. */
  readonly verdict: Promise<Verdict>;
  /** Ends what still runs. */
  stop(): void;
}

/** What others want to do around steps: a load test, a check of their own. */
export interface StepHooks {
  /** Starts what belongs there; `undefined` where nothing does. */
  start(moment: HookMoment, step: Step, rollout: Rollout): RunningHooks | undefined;
}

/**
 * Carries out a step together with its hooks. A failed hook before the step keeps it from acting, one
 * during it ends it, one after it takes its success back. On the way back no hook is asked: nothing may
 * stand between a rollback and its effect.
 */
export async function executeHooked(
  step: Step,
  rollout: Rollout,
  ports: StepPorts,
  context: StepContext,
  hooks: StepHooks | undefined,
): Promise<Verdict | undefined> {
  if (!hooks || rollout.phase.kind === 'rolling-back') return executeStep(step, ports, context);
  const at = (moment: HookMoment) => settle(hooks.start(moment, step, rollout), ports, context);
  const before = await at('before');
  if (before?.outcome !== 'pass') return before;
  const verdict = await executeBeside(hooks.start('during', step, rollout), step, ports, context);
  if (verdict?.outcome !== 'pass') return verdict;
  const after = await at('after');
  return after?.outcome === 'pass' ? verdict : after;
}

const NOTHING_TO_DO: Verdict = { outcome: 'pass', reason: '' };

async function executeBeside(
  running: RunningHooks | undefined,
  step: Step,
  ports: StepPorts,
  context: StepContext,
): Promise<Verdict | undefined> {
  if (!running) return executeStep(step, ports, context);
  let broken: Verdict | undefined;
  void running.verdict.then((verdict) => {
    if (verdict.outcome !== 'pass') broken = verdict;
  });
  const onPoll: StepContext['onPoll'] = async (look) =>
    (await context.onPoll(look)) || broken !== undefined;
  try {
    const verdict = await executeStep(step, ports, { ...context, onPoll });
    if (broken || verdict?.outcome !== 'pass') return broken ?? verdict;
    const beside = await settle(running, ports, context);
    return beside?.outcome === 'pass' ? verdict : beside;
  } finally {
    running.stop();
  }
}

/** Waits for hooks as a step waits: somebody may want something else in the meantime. */
async function settle(
  running: RunningHooks | undefined,
  { clock }: StepPorts,
  { onPoll, pollIntervalMs }: StepContext,
): Promise<Verdict | undefined> {
  if (!running) return NOTHING_TO_DO;
  const settled: { verdict?: Verdict } = {};
  void running.verdict.then((verdict) => {
    settled.verdict = verdict;
  });
  try {
    for (;;) {
      if (settled.verdict) return settled.verdict;
      if (await onPoll({ note: 'waiting for hooks' })) return undefined;
      await clock.sleep(pollIntervalMs);
    }
  } finally {
    running.stop();
  }
}
