import { BIN_COUNT, type ArmCounts } from '../src/index.ts';
import type { Second } from './world.ts';

/** One arm's second as counts; reused from second to second. */
export class ArmTally {
  requests = 0;
  failures = 0;
  runs = 0;
  failedRuns = 0;
  readonly histogram = new Float64Array(BIN_COUNT);
  #bins: number[] = [];

  clear(): void {
    this.requests = this.failures = this.runs = this.failedRuns = 0;
    for (const bin of this.#bins) this.histogram[bin] = 0;
    this.#bins = [];
  }

  add(failed: number, bin: number, run: number): void {
    this.requests++;
    this.failures += failed;
    if (run > 0) {
      this.runs++;
      this.failedRuns += run - 1;
    }
    if (this.histogram[bin] === 0) this.#bins.push(bin);
    this.histogram[bin] = (this.histogram[bin] as number) + 1;
  }

  counts(): ArmCounts {
    const bins = this.#bins;
    return {
      requests: this.requests,
      failures: this.failures,
      latency: { bins, counts: bins.map((bin) => this.histogram[bin] as number) },
      business: { total: this.runs, failures: this.failedRuns },
    };
  }
}

/** A second's requests, counted per arm. */
export class Tally {
  readonly baseline = new ArmTally();
  readonly canary = new ArmTally();

  count(second: Second): this {
    this.baseline.clear();
    this.canary.clear();
    for (let i = 0; i < second.count; i++) {
      const arm = second.canary[i] === 1 ? this.canary : this.baseline;
      arm.add(second.failed[i] as number, second.bin[i] as number, second.run[i] as number);
    }
    return this;
  }
}
