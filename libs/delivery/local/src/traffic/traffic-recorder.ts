import { type LatencyHistogram, latencyBin } from '@prompt-card/rollout';
import type { TrafficFailure, TrafficReport } from './traffic-report.ts';

/** How a request ended. */
export interface TrafficOutcome {
  readonly operation: string;
  /** `x-served-by`, or `none`. */
  readonly revision: string;
  readonly latencyMs: number;
  /** Absent if it succeeded. */
  readonly failure?: TrafficFailure;
  /** One line on what went wrong. */
  readonly detail?: string;
}

const MAX_EXAMPLES = 10;

interface Tally {
  sent: number;
  failed: number;
}

/** Adds up what the clients of a run see. */
export class TrafficRecorder {
  #succeeded = 0;
  #skipped = 0;
  readonly #failed: Record<TrafficFailure, number> = {
    '4xx': 0,
    '5xx': 0,
    timeout: 0,
    connection: 0,
  };
  readonly #latency: Record<number, number> = {};
  readonly #byOperation = new Map<string, Tally>();
  readonly #byRevision = new Map<string, Tally & { latency: Record<number, number> }>();
  readonly #examples: string[] = [];

  skip(): void {
    this.#skipped++;
  }

  record({ operation, revision, latencyMs, failure, detail }: TrafficOutcome): void {
    const ofOperation = entry(this.#byOperation, operation, () => ({ sent: 0, failed: 0 }));
    const ofRevision = entry(this.#byRevision, revision, () => ({
      sent: 0,
      failed: 0,
      latency: {},
    }));
    ofOperation.sent++;
    ofRevision.sent++;
    count(this.#latency, latencyMs);
    count(ofRevision.latency, latencyMs);
    if (failure === undefined) {
      this.#succeeded++;
      return;
    }
    this.#failed[failure]++;
    ofOperation.failed++;
    ofRevision.failed++;
    if (this.#examples.length < MAX_EXAMPLES) {
      this.#examples.push(`${operation} by ${revision}: ${failure}, ${detail ?? 'no detail'}`);
    }
  }

  report(): TrafficReport {
    const failed = { ...this.#failed };
    return {
      sent: this.#succeeded + Object.values(failed).reduce((sum, each) => sum + each, 0),
      succeeded: this.#succeeded,
      failed,
      skipped: this.#skipped,
      byOperation: copies(this.#byOperation),
      byRevision: copies(this.#byRevision),
      latency: { ...this.#latency } satisfies LatencyHistogram,
      examples: [...this.#examples],
    };
  }
}

function entry<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key) ?? make();
  map.set(key, known);
  return known;
}

function count(histogram: Record<number, number>, latencyMs: number): void {
  const bin = latencyBin(latencyMs);
  histogram[bin] = (histogram[bin] ?? 0) + 1;
}

function copies<T extends object>(map: ReadonlyMap<string, T>): Readonly<Record<string, T>> {
  return Object.fromEntries([...map].map(([key, value]) => [key, { ...value }]));
}
