import type { Decision } from './decision.ts';
import type { IntervalCounts, Outcome } from './outcome.ts';

/** What a rollout controller asks of a judge, statistical or not. Times are milliseconds. */
export interface Judge {
  startStage(at: { readonly atMs: number; readonly stage?: number }): void;
  startGuard(at: { readonly atMs: number }): void;
  observe(outcome: Outcome): void;
  observeInterval(interval: IntervalCounts): void;
  tick(atMs: number): void;
  decision(): Decision;
  /** Plain JSON from which the same judge can be restored. */
  snapshot(): unknown;
}
