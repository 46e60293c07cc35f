import { latencyBin } from './latency-bins.ts';

/**
 * A limit that holds whatever the baseline does: "never above 5 % errors", "never more than 1 % of requests
 * above 2 s". It is not a statistic: an incident that hits both arms can break it.
 */
export type HardLimit = {
  /** The largest share of bad outcomes in the window, 0..1. */
  readonly above: number;
  /** Default 60. */
  readonly windowSeconds?: number;
  /** Canary outcomes that must be in the window before the limit speaks; default 100. */
  readonly leastOutcomes?: number;
} & (
  | { readonly metric: 'errors' | 'business' }
  | { readonly metric: 'latency'; readonly slowerThanMs: number }
);

/** What a restarted controller needs. */
export interface HardLimitState {
  readonly bad: number;
  readonly total: number;
}

/** The canary's share of bad outcomes over a fading window, against one limit. */
export class HardLimitWatch {
  readonly limit: HardLimit;
  readonly #slowBin: number;
  #bad = 0;
  #total = 0;

  constructor(limit: HardLimit) {
    this.limit = limit;
    this.#slowBin = limit.metric === 'latency' ? latencyBin(limit.slowerThanMs) : -1;
  }

  add(bad: number, total: number): void {
    this.#bad += bad;
    this.#total += total;
  }

  addLatency(bin: number, count: number): void {
    this.add(bin > this.#slowBin ? count : 0, count);
  }

  get share(): number {
    return this.#total > 0 ? this.#bad / this.#total : 0;
  }

  get isBroken(): boolean {
    return this.#total >= (this.limit.leastOutcomes ?? 100) && this.share > this.limit.above;
  }

  tick(seconds: number): void {
    const kept = Math.exp(-seconds / (this.limit.windowSeconds ?? 60));
    this.#bad *= kept;
    this.#total *= kept;
  }

  save(): HardLimitState {
    return { bad: this.#bad, total: this.#total };
  }

  load(state: HardLimitState): void {
    this.#bad = state.bad;
    this.#total = state.total;
  }
}
