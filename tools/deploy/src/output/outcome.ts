import { type Rollout, currentStep, describeStep } from '@prompt-card/rollout';
import { runbookLink } from './runbook.ts';

/** How a rollout stands, in one line. */
export function describeOutcome({ id, plan, phase }: Rollout): string {
  const title = `${plan.strategy} ${id}`;
  switch (phase.kind) {
    case 'promoted':
      return `${title}: promoted`;
    case 'rolled-back':
      return `${title}: rolled back – ${phase.reason}`;
    case 'rolling-back':
      return `${title}: rolling back – ${phase.reason}`;
    case 'paused':
      return `${title}: paused – ${phase.reason}`;
    case 'blocked':
      return `${title}: the rollback is blocked – ${phase.reason}`;
    case 'running':
      return `${title}: running`;
  }
}

/** What to do now, as commands; empty where nothing is left to do. */
export function nextMoves({ phase }: Rollout): readonly string[] {
  switch (phase.kind) {
    case 'paused':
      return [
        'go on: npx nx run deploy:promote',
        'go back: npx nx run deploy:rollback',
        `see ${runbookLink('paused')}`,
      ];
    case 'blocked':
      return [
        'mend the cause, then try again: npx nx run deploy:rollback',
        `see ${runbookLink('blocked')}`,
      ];
    case 'running':
    case 'rolling-back':
      return [
        'go on: npx nx run deploy:canary',
        'go back: npx nx run deploy:rollback',
        `see ${runbookLink('interrupted')}`,
      ];
    case 'promoted':
    case 'rolled-back':
      return [];
  }
}

/** Said while a rollout runs, because nobody may be left to say it when it is interrupted. */
export const INTERRUPTION_HINT =
  'Interrupting is safe: what serves goes on serving. Go on later with npx nx run deploy:canary, go back with npx nx run deploy:rollback.';

/** How an unfinished rollout stands whose controller is gone. */
export function describeInterrupted(rollout: Rollout): string {
  const step = currentStep(rollout);
  return step
    ? `${rollout.plan.strategy} ${rollout.id}: interrupted at step ${rollout.cursor + 1} of ${rollout.steps.length}, to ${describeStep(step)}`
    : describeOutcome(rollout);
}
