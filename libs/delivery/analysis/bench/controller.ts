import type { Second } from './world.ts';

/** A way to run a rollout: it sets the canary's weight and reads what came of it. */
export interface Controller {
  /** The canary's share in the coming second. */
  readonly weight: number;
  readonly outcome: 'running' | 'promoted' | 'rolled-back' | 'held';
  /** True when nothing can change any more (also no guard). */
  readonly isDone: boolean;
  /** Reads second number `at`; returns how many of its requests were seen before it decided. */
  read(second: Second, at: number): number;
}
