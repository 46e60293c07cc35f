import { CodedError } from '@prompt-card/core';
import { type RolloutEvent, decide } from './decide.ts';
import { RolloutError } from './errors.ts';
import type { StepLook, StepPorts } from './execute-step.ts';
import { CapacityKeeper } from './keep-capacity.ts';
import type { Journal, RequestInbox } from './ports.ts';
import { type Rollout, currentStep, isFinished } from './rollout.ts';
import { type Step, describeStep } from './step.ts';
import { type StepHooks, executeHooked } from './step-hooks.ts';
import { type Verdict, fail } from './verdict.ts';

/** What a controller needs besides the ports of its steps. */
export interface ControllerOptions {
  readonly journal: Journal;
  readonly inbox: RequestInbox;
  /** What others want to do around the steps of the way forward. */
  readonly hooks?: StepHooks;
  /** Number of the lease under which everything is written. */
  readonly fence: number;
  readonly pollIntervalMs: number;
  /** Pause between two tries of a rollback step that failed. */
  readonly retryDelayMs: number;
  readonly onProgress: (progress: Progress) => void;
}

/** What can be watched while a rollout runs. */
export type Progress =
  | { readonly kind: 'step-started'; readonly rollout: Rollout; readonly step: Step }
  | {
      readonly kind: 'look';
      readonly rollout: Rollout;
      readonly step: Step;
      readonly look: StepLook;
    }
  | {
      readonly kind: 'step-finished';
      readonly rollout: Rollout;
      readonly step: Step;
      readonly verdict: Verdict;
    }
  | { readonly kind: 'phase-changed'; readonly rollout: Rollout };

/**
 * Works on a rollout until it is finished or waits for a person, and returns where it stands. Each step's
 * intent is in the journal before the step acts, each outcome before the next step is chosen: whoever
 * reads the journal after a crash knows which step may have been half done, and does it again.
 */
export async function runRollout(
  initial: Rollout,
  ports: StepPorts,
  options: ControllerOptions,
): Promise<Rollout> {
  const keeper = new CapacityKeeper(ports, options.fence);
  let rollout = initial;
  let step: Step | undefined;
  while ((step = currentStep(rollout))) {
    const before = rollout;
    options.onProgress({ kind: 'step-started', rollout, step });
    const event = await workOn(rollout, step, ports, options, keeper);
    await append(options, ports, { kind: 'event', event });
    rollout = decide(rollout, event);
    if (event.kind === 'step-finished') {
      options.onProgress({ kind: 'step-finished', rollout, step, verdict: event.verdict });
    }
    if (rollout.phase.kind !== before.phase.kind) {
      options.onProgress({ kind: 'phase-changed', rollout });
    }
    if (rollout.phase.kind === 'rolling-back' && rollout.phase.failures > 0) {
      await ports.clock.sleep(options.retryDelayMs);
    }
  }
  return rollout;
}

/** Whether the controller would return at once: nothing to execute, and not because all is done. */
export function waitsForPerson(rollout: Rollout): boolean {
  return currentStep(rollout) === undefined && !isFinished(rollout);
}

async function workOn(
  rollout: Rollout,
  step: Step,
  ports: StepPorts,
  options: ControllerOptions,
  keeper: CapacityKeeper,
): Promise<RolloutEvent> {
  const index = rollout.cursor;
  await append(options, ports, { kind: 'intent', index, step: describeStep(step) });
  let request: RolloutEvent | undefined;
  const onPoll = async (look: StepLook): Promise<boolean> => {
    const note = await keepCapacity(keeper, rollout, step);
    options.onProgress({
      kind: 'look',
      rollout,
      step,
      look: note === undefined ? look : { ...look, note },
    });
    const next = await options.inbox.take();
    // A rollback is not interrupted by anything, and a promotion means nothing to a step at work.
    if (next?.kind === 'abort-requested' && rollout.phase.kind === 'running') request = next;
    return request !== undefined;
  };
  const { fence, pollIntervalMs } = options;
  try {
    const context = { fence, pollIntervalMs, onPoll };
    const verdict = await executeHooked(step, rollout, ports, context, options.hooks);
    if (verdict) return { kind: 'step-finished', index, verdict };
    if (request) return request;
    throw new Error('a step ended without a verdict and without a request');
  } catch (error) {
    if (error instanceof RolloutError && error.code === 'LEASE_LOST') throw error;
    return { kind: 'step-finished', index, verdict: fail(explain(error)) };
  }
}

/** What cannot be brought back now is tried again at the next look; it is no verdict about the step. */
async function keepCapacity(
  keeper: CapacityKeeper,
  rollout: Rollout,
  step: Step,
): Promise<string | undefined> {
  try {
    return await keeper.look(rollout, step);
  } catch (error) {
    if (error instanceof RolloutError && error.code === 'LEASE_LOST') throw error;
    return explain(error);
  }
}

/** A port that fails is a failed step: the reason, and what the error says to do next. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const next = error instanceof CodedError && error.next ? ` (next: ${error.next})` : '';
  return `${error.message}${next}`;
}

function append(
  { journal, fence }: ControllerOptions,
  { clock }: StepPorts,
  entry: Parameters<Journal['append']>[0]['entry'],
): Promise<void> {
  return journal.append({ atMs: clock.now(), fence, entry });
}
