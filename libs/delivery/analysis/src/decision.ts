import type { Difference } from './difference.ts';
import type { Arm } from './outcome.ts';

/** What the measurements say. `inconclusive` is not `fail`: it is for a person. */
export type Verdict = 'pass' | 'fail' | 'inconclusive' | 'no-data';

/**
 * What the controller does next: go on measuring, take the next stage's weight, promote (start the
 * guard), roll back, hold for a person, or (after the guard) finish and retire the old revision.
 */
export type Action = 'continue' | 'advance' | 'promote' | 'rollback' | 'hold' | 'finish';

/** Why, for programs; `sentence` is the same for people. */
export type Reason =
  | 'not-started'
  | 'dwell'
  | 'collecting'
  | 'healthy'
  | 'harm'
  | 'hard-limit'
  | 'sample-ratio'
  | 'gap'
  | 'deadline'
  | 'guarding'
  | 'guarded';

/** The judge's answer to "what now?". */
export interface Decision {
  readonly action: Action;
  readonly verdict: Verdict;
  readonly reason: Reason;
  /** The metric at fault, or the one still missing evidence. */
  readonly metric?: string;
  /** The metric's estimated difference with its anytime-valid interval. */
  readonly difference?: Difference;
  /** Outcomes counted since the canary got traffic. */
  readonly requests: Readonly<Record<Arm, number>>;
  /** Evidence of harm; the rollout is rolled back when it reaches `required`. */
  readonly harm: { readonly evidence: number; readonly required: number };
  /** One sentence for a person at 3 a.m.: what was seen. */
  readonly sentence: string;
  /** What happens next, for the same person. */
  readonly next: string;
  /** A hold that ends by itself when outcomes arrive again, and needs nobody. */
  readonly isResumable?: boolean;
}
