import { type LatencyHistogram, latencyBin } from '@prompt-card/rollout';
import type { RevisionCounts, RevisionSecond } from './service-status.ts';

/** How a request ended, seen from the client: with a status, or without. */
export type Outcome = number | 'aborted-by-client' | 'truncated';

const STATUS_CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;
const SERIES_SECONDS = 300;

/** Counts what one revision does. One process, one thread: plain additions are exact. */
export class RevisionRecorder {
  readonly revision: string;
  inFlight = 0;
  connectErrors = 0;
  timeouts = 0;
  retries = 0;
  #abortedByClient = 0;
  #truncated = 0;
  readonly #statuses: [number, number, number, number, number] = [0, 0, 0, 0, 0];
  readonly #latency = new Map<number, number>();
  readonly #seconds = new Map<number, { requests: number; serverErrors: number }>();

  constructor(revision: string, earlier?: RevisionCounts) {
    this.revision = revision;
    if (earlier === undefined) return;
    this.connectErrors = earlier.connectErrors;
    this.timeouts = earlier.timeouts;
    this.retries = earlier.retries;
    this.#abortedByClient = earlier.abortedByClient;
    this.#truncated = earlier.truncated;
    STATUS_CLASSES.forEach((name, index) => (this.#statuses[index] = earlier.statuses[name]));
    for (const [bin, count] of Object.entries(earlier.latency))
      this.#latency.set(Number(bin), count);
  }

  /** One request has ended after `latencyMs`, at `nowMs` since the epoch. */
  finish(outcome: Outcome, latencyMs: number, nowMs: number): void {
    this.inFlight--;
    if (outcome === 'aborted-by-client') this.#abortedByClient++;
    else if (outcome === 'truncated') this.#truncated++;
    else this.#statuses[statusClass(outcome)]++;
    // How long a client waited before it gave up says nothing of the revision.
    if (outcome === 'aborted-by-client') return;
    const bin = latencyBin(latencyMs);
    this.#latency.set(bin, (this.#latency.get(bin) ?? 0) + 1);
    this.#countSecond(Math.floor(nowMs / 1_000), outcome === 'truncated' || outcome >= 500);
  }

  counts(): RevisionCounts {
    const [s1, s2, s3, s4, s5] = this.#statuses;
    const finished = s1 + s2 + s3 + s4 + s5 + this.#abortedByClient + this.#truncated;
    return {
      revision: this.revision,
      requests: finished + this.inFlight,
      statuses: { '1xx': s1, '2xx': s2, '3xx': s3, '4xx': s4, '5xx': s5 },
      abortedByClient: this.#abortedByClient,
      truncated: this.#truncated,
      connectErrors: this.connectErrors,
      timeouts: this.timeouts,
      retries: this.retries,
      inFlight: this.inFlight,
      latency: Object.fromEntries(this.#latency) as LatencyHistogram,
    };
  }

  seconds(): readonly RevisionSecond[] {
    return [...this.#seconds].map(([second, counts]) => ({
      second,
      revision: this.revision,
      ...counts,
    }));
  }

  #countSecond(second: number, isServerError: boolean): void {
    let counts = this.#seconds.get(second);
    if (counts === undefined) {
      counts = { requests: 0, serverErrors: 0 };
      this.#seconds.set(second, counts);
      for (const old of this.#seconds.keys()) {
        if (old > second - SERIES_SECONDS) break; // a Map keeps the order of insertion
        this.#seconds.delete(old);
      }
    }
    counts.requests++;
    if (isServerError) counts.serverErrors++;
  }
}

function statusClass(status: number): 0 | 1 | 2 | 3 | 4 {
  if (status < 200) return 0;
  if (status < 300) return 1;
  if (status < 400) return 2;
  return status < 500 ? 3 : 4;
}
