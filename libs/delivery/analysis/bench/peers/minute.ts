import { binLatencyMs } from '../../src/index.ts';
import { ArmTally, type Tally } from '../tally.ts';

/** One arm's minute as a metric system shows it. */
export interface MinutePoint {
  readonly requests: number;
  /** NaN without requests, as a query that divides by zero answers. */
  readonly errorRate: number;
  readonly p99Ms: number;
  readonly meanMs: number;
  readonly businessFailureRate: number;
}

/** Sums seconds to a minute. */
export class Minute {
  #requests = 0;
  #failures = 0;
  #runs = 0;
  #failedRuns = 0;
  readonly #histogram = new Float64Array(new ArmTally().histogram.length);

  add(second: ArmTally): void {
    this.#requests += second.requests;
    this.#failures += second.failures;
    this.#runs += second.runs;
    this.#failedRuns += second.failedRuns;
    const { bins, counts } = second.counts().latency ?? { bins: [], counts: [] };
    for (let i = 0; i < bins.length; i++) {
      const bin = bins[i] as number;
      this.#histogram[bin] = (this.#histogram[bin] as number) + (counts[i] as number);
    }
  }

  /** The point, and an empty minute to go on with. */
  take(): MinutePoint {
    const requests = this.#requests;
    let below = 0;
    let sum = 0;
    let p99Ms = NaN;
    this.#histogram.forEach((count, bin) => {
      if (count === 0) return;
      below += count;
      sum += count * binLatencyMs(bin);
      if (below >= 0.99 * requests && !(p99Ms > 0)) p99Ms = binLatencyMs(bin);
    });
    const point = {
      requests,
      errorRate: this.#failures / requests,
      p99Ms,
      meanMs: sum / requests,
      businessFailureRate: this.#failedRuns / this.#runs,
    };
    this.#requests = this.#failures = this.#runs = this.#failedRuns = 0;
    this.#histogram.fill(0);
    return point;
  }
}

/** Both arms' minutes side by side. */
export class Minutes {
  readonly #baseline = new Minute();
  readonly #canary = new Minute();

  add(tally: Tally): void {
    this.#baseline.add(tally.baseline);
    this.#canary.add(tally.canary);
  }

  take(): { readonly baseline: MinutePoint; readonly canary: MinutePoint } {
    return { baseline: this.#baseline.take(), canary: this.#canary.take() };
  }
}
