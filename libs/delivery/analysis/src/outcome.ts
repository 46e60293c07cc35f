import type { LatencyCounts } from './latency-bins.ts';

/** `baseline` is the stable revision, `canary` the new one. */
export type Arm = 'baseline' | 'canary';

/** What became of one request, in the words of whoever routed it. */
export interface Outcome {
  readonly arm: Arm;
  /** False for a failure of the service (5xx, timeout, refused), not for a client's mistake. */
  readonly ok: boolean;
  /** Milliseconds on any clock that does not go back; the judge reads no other. */
  readonly atMs: number;
  readonly latencyMs?: number | undefined;
  /** True when the business outcome (a run) succeeded, false when it failed, absent when there was none. */
  readonly business?: boolean | undefined;
  /** Further metrics of the policy by name; true = good. */
  readonly further?: Readonly<Record<string, boolean>> | undefined;
  /** With sticky routing: only the first outcome of a session counts. */
  readonly session?: string | undefined;
  /** The canary's share (0..1) when this request was routed; default: the stage's. */
  readonly weight?: number | undefined;
}

/** How many there were and how many of them failed. */
export interface RateCounts {
  readonly total: number;
  readonly failures: number;
}

/** One arm's counts in an interval. */
export interface ArmCounts {
  readonly requests: number;
  readonly failures: number;
  readonly latency?: LatencyCounts | undefined;
  readonly business?: RateCounts | undefined;
  readonly further?: Readonly<Record<string, RateCounts>> | undefined;
}

/**
 * Both arms over the same interval [fromMs, toMs). Always both: a look between the two arms would
 * see labels in sorted order, and the bets are fair only on labels as they came.
 */
export interface IntervalCounts {
  readonly fromMs: number;
  readonly toMs: number;
  readonly baseline: ArmCounts;
  readonly canary: ArmCounts;
  /** The canary's share when these requests were routed; default: the stage's. */
  readonly weight?: number | undefined;
}
