import type { LatencyHistogram } from '@prompt-card/rollout';

/** What a run of traffic saw, from the client's side. `sent` = `succeeded` + the sum of `failed`. */
export interface TrafficReport {
  readonly sent: number;
  /** Status 2xx or 3xx; also 404, 409 and 412 where another client of the run can have been first. */
  readonly succeeded: number;
  readonly failed: Readonly<Record<TrafficFailure, number>>;
  /** Slots of the schedule that were skipped because `maxInFlight` requests were under way. */
  readonly skipped: number;
  readonly byOperation: Readonly<
    Record<string, { readonly sent: number; readonly failed: number }>
  >;
  /** By `x-served-by`; `none` where the header is missing. */
  readonly byRevision: Readonly<
    Record<
      string,
      { readonly sent: number; readonly failed: number; readonly latency: LatencyHistogram }
    >
  >;
  /** From the moment the schedule asked for the request to the response's last byte. */
  readonly latency: LatencyHistogram;
  /** A few failures in full, to read. */
  readonly examples: readonly string[];
}

/** `connection`: no, or a broken response. */
export type TrafficFailure = '4xx' | '5xx' | 'timeout' | 'connection';
