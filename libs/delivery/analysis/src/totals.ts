import { BIN_COUNT, type LatencyCounts } from './latency-bins.ts';
import type { Arm, RateCounts } from './outcome.ts';

/** What a restarted controller needs. */
export interface TotalsState {
  readonly rates: readonly (readonly RateCounts[])[];
  readonly latency: readonly LatencyCountsJson[];
}

interface LatencyCountsJson {
  readonly bins: readonly number[];
  readonly counts: readonly number[];
}

const ARMS = ['baseline', 'canary'] as const;

/** Everything counted since the canary got traffic, for the report; no decision reads it. */
export class Totals {
  readonly #rates: Record<Arm, { total: number; failures: number }[]>;
  readonly #latency = {
    baseline: new Float64Array(BIN_COUNT),
    canary: new Float64Array(BIN_COUNT),
  };

  constructor(rateMetrics: number) {
    const zero = () => Array.from({ length: rateMetrics }, () => ({ total: 0, failures: 0 }));
    this.#rates = { baseline: zero(), canary: zero() };
  }

  addRate(index: number, arm: Arm, failures: number, total: number): void {
    const counts = this.#rates[arm][index] as { total: number; failures: number };
    counts.total += total;
    counts.failures += failures;
  }

  addLatency(arm: Arm, bin: number, count: number): void {
    const counts = this.#latency[arm];
    counts[bin] = (counts[bin] as number) + count;
  }

  rate(index: number, arm: Arm): RateCounts {
    return this.#rates[arm][index] as RateCounts;
  }

  latency(arm: Arm): LatencyCounts {
    return this.#sparse(arm);
  }

  #sparse(arm: Arm): LatencyCountsJson {
    const bins: number[] = [];
    const counts: number[] = [];
    this.#latency[arm].forEach((count, bin) => {
      if (count === 0) return;
      bins.push(bin);
      counts.push(count);
    });
    return { bins, counts };
  }

  save(): TotalsState {
    return {
      rates: ARMS.map((arm) => this.#rates[arm].map((counts) => ({ ...counts }))),
      latency: ARMS.map((arm) => this.#sparse(arm)),
    };
  }

  load(state: TotalsState): void {
    ARMS.forEach((arm, a) => {
      this.#rates[arm] = (state.rates[a] ?? []).map((counts) => ({ ...counts }));
      this.#latency[arm].fill(0);
      state.latency[a]?.bins.forEach((bin, i) => {
        this.#latency[arm][bin] = state.latency[a]?.counts[i] ?? 0;
      });
    });
  }
}
