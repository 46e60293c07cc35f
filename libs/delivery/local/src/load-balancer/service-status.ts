import type { LatencyHistogram } from '@prompt-card/rollout';
import type { DesiredTarget } from './desired-service.ts';

/** `probing`: has never passed a check. */
export type TargetHealth = 'probing' | 'healthy' | 'unhealthy';

/** A target as it is: what was asked of it, and what was measured. */
export interface TargetStatus extends DesiredTarget {
  readonly health: TargetHealth;
  /** Why the last check or connection failed; absent after a pass. */
  readonly lastFailure?: string;
  /** Milliseconds since the epoch of the last check's end. */
  readonly checkedAt?: number;
  /** Requests and upgraded connections that it is busy with. */
  readonly inFlight: number;
}

/**
 * What one revision did since the counts began; only ever growing, so two readings are subtracted.
 * `requests` = `inFlight` + the sum of `statuses` + `abortedByClient` + `truncated`.
 */
export interface RevisionCounts {
  readonly revision: string;
  /** Requests that the revision was chosen for in the end. */
  readonly requests: number;
  /** Answers by class of status; a 502 or 504 by the balancer on the revision's behalf counts as 5xx. */
  readonly statuses: Readonly<Record<'1xx' | '2xx' | '3xx' | '4xx' | '5xx', number>>;
  /** Requests that the client gave up. */
  readonly abortedByClient: number;
  /** Responses that the target broke off after their head. */
  readonly truncated: number;
  /** Connections that could not be opened. */
  readonly connectErrors: number;
  /** Requests whose response head or next piece did not come in time. */
  readonly timeouts: number;
  /** Attempts that failed here and went on elsewhere; such a request counts where it ended. */
  readonly retries: number;
  readonly inFlight: number;
  /** From the request's head to the response's last byte. */
  readonly latency: LatencyHistogram;
}

/** One second of a revision. */
export interface RevisionSecond {
  /** Seconds since the epoch. */
  readonly second: number;
  readonly revision: string;
  readonly requests: number;
  readonly serverErrors: number;
}

/** A service as the load balancer serves it. */
export interface ServiceStatus {
  readonly service: string;
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** The highest fence seen, and who came with it. */
  readonly fence: number;
  readonly holder: string;
  /** False while a simulated propagation delay holds the asked state back. */
  readonly applied: boolean;
  readonly targets: readonly TargetStatus[];
  /** Also of revisions that are gone. */
  readonly revisions: readonly RevisionCounts[];
  /** Requests answered by the balancer itself because no target was eligible (503). */
  readonly unrouted: number;
  /** Requests refused as malformed or unsafe (4xx, 501). */
  readonly refused: number;
  /** When the counts began, in milliseconds since the epoch: a reader that sees another value starts anew. */
  readonly countingSince: number;
  /**
   * Grows by one with each restart of the worker after a crash. Counts outlive it except for what happened
   * in the last quarter of a second before, so a reader that sees it grow knows its window has a gap.
   */
  readonly generation: number;
}
