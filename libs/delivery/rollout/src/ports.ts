import type { Revision } from './revision.ts';
import type { RolloutEvent } from './decide.ts';
import type { RolloutStart } from './rollout.ts';
import type { TrafficCounts } from './traffic-counts.ts';
import type { Verdict } from './verdict.ts';

/** How a revision is, asked now and not remembered. */
export type Health =
  | { readonly state: 'healthy' }
  | { readonly state: 'starting'; readonly detail: string }
  /** It runs and says that it cannot serve. */
  | { readonly state: 'unhealthy'; readonly detail: string }
  /** It does not run, or no longer. */
  | { readonly state: 'absent'; readonly detail: string };

/** Runs revisions of services. Every method may be called again at any time with the same effect. */
export interface Workload {
  /** Applies the migrations that the revision brings; resolves with the names of those newly applied. */
  migrate(revision: Revision): Promise<readonly string[]>;
  /** Starts the revision beside whatever runs; does not wait for its health. */
  deploy(revision: Revision): Promise<void>;
  health(revision: Revision): Promise<Health>;
  /** One request past the router that shows whether the revision serves. */
  smokeTest(revision: Revision): Promise<Verdict>;
  /** Lets requests in flight finish, then stops the revision. */
  retire(revision: Revision): Promise<void>;
}

/** What the router does for one revision. */
export interface ArmStatus {
  readonly revisionId: string;
  /** Percent that the router was asked to send. */
  readonly weight: number;
  /** The router itself has found that the revision answers. */
  readonly ready: boolean;
  /**
   * Changes when counting has begun anew or may have a gap, because the data plane was restarted: readings
   * of two eras say nothing when they are subtracted.
   */
  readonly era: string;
  /** What it has counted, read from the data plane. */
  readonly counts: TrafficCounts;
  /** Requests that have been sent to the revision and are not answered yet. */
  readonly inFlight: number;
}

/** Percent per revision; the weights of a service sum to 100. */
export interface Route {
  readonly revision: Revision;
  readonly weight: number;
}

/** Splits the requests of a service among its revisions. */
export interface TrafficRouter {
  /** Makes a revision known at the address that it has now, with the weight that it has: none if it is new. */
  register(revision: Revision, fence: number): Promise<void>;
  /** Replaces the service's whole routing at once. Rejects with `LEASE_LOST` if `fence` is outdated. */
  route(service: string, routes: readonly Route[], fence: number): Promise<void>;
  /** One status per revision. */
  observe(service: string): Promise<readonly ArmStatus[]>;
  /** Deregisters a revision that has no weight, before it is stopped; nothing happens if it is not there. */
  withdraw(revision: Revision, fence: number): Promise<void>;
}

/** Remembers which revision of a service is the stable one. */
export interface ReleaseRecord {
  /** Newest first; the first is the stable one now, the others can be brought back. */
  history(service: string): Promise<readonly Revision[]>;
  promote(revision: Revision, fence: number): Promise<void>;
}

export type JournalEntry =
  | { readonly kind: 'started'; readonly start: RolloutStart; readonly by: string }
  /** Written before the step acts. */
  | { readonly kind: 'intent'; readonly index: number; readonly step: string }
  | { readonly kind: 'event'; readonly event: RolloutEvent };

/** An entry as it was written. `atMs` is milliseconds since the epoch. */
export interface JournalRecord {
  readonly atMs: number;
  readonly fence: number;
  readonly entry: JournalEntry;
}

/** The append-only record of one rollout. */
export interface Journal {
  /** Resolves when the entry is on disk. Rejects with `LEASE_LOST` if the fence is outdated. */
  append(record: JournalRecord): Promise<void>;
}

/** What a person asks of a rollout that is under way, from another terminal. */
export interface RequestInbox {
  /** The next request that nobody has taken yet, removed from the inbox. */
  take(): Promise<Exclude<RolloutEvent, { kind: 'step-finished' }> | undefined>;
}
