import { CodedError } from '@prompt-card/core';

/** Every way in which a rollout refuses or fails to go on. `docs/deployment/errors.md` explains each. */
export type RolloutErrorCode =
  /** The plan itself is wrong: weights out of order, no service, a negative time. */
  | 'PLAN_INVALID'
  /** Somebody else holds the environment's lease. */
  | 'ENVIRONMENT_LOCKED'
  /** This controller's lease was taken over; its writes are refused. */
  | 'LEASE_LOST'
  /** The journal has a damaged entry that is not its unfinished last line. */
  | 'JOURNAL_CORRUPT'
  /** The disk is full or broken: nothing is done that cannot be written down first. */
  | 'JOURNAL_NOT_WRITTEN'
  /** A rollout of this environment is unfinished and the command does not say what to do with it. */
  | 'ROLLOUT_UNFINISHED'
  /** There is nothing that the command could act on. */
  | 'NOTHING_TO_DO'
  /** The revision asked for is not one that this environment can bring back. */
  | 'REVISION_UNKNOWN'
  /** Reality and record differ, and nobody has accepted that. */
  | 'DRIFT'
  /** A migration narrows the schema while a revision that needs the old shape could come back. */
  | 'MIGRATION_CONTRACTS'
  /** The environment is in a freeze window. */
  | 'FROZEN';

export class RolloutError extends CodedError<RolloutErrorCode> {}
