import type { Rollout } from '@prompt-card/rollout';

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
      return ['go on: npx nx run deploy:promote', 'go back: npx nx run deploy:rollback'];
    case 'blocked':
      return ['mend the cause, then try again: npx nx run deploy:rollback'];
    case 'running':
    case 'rolling-back':
      return ['go on: npx nx run deploy:canary', 'go back: npx nx run deploy:rollback'];
    case 'promoted':
    case 'rolled-back':
      return [];
  }
}
