import { retention, type Memory } from './forgetting.ts';

/** What a restarted controller needs. */
export interface BaselineRateState {
  readonly failures: number;
  readonly total: number;
  readonly pendingFailures: number;
  readonly pendingTotal: number;
}

/**
 * The baseline's failure rate as known before the current second. It shapes the bets, so it must be
 * predictable: outcomes wait in `pending` until the second is over. Wrong values cost power only.
 */
export class BaselineRate {
  readonly #memory: Memory;
  /** The guess before any data, worth one failure. */
  readonly #guess: number;
  #failures = 0;
  #total = 0;
  #pendingFailures = 0;
  #pendingTotal = 0;

  constructor(memory: Memory, guess: number) {
    this.#memory = memory;
    this.#guess = guess;
  }

  get value(): number {
    return (this.#failures + 1) / (this.#total + 1 / this.#guess);
  }

  add(failures: number, total: number): void {
    this.#pendingFailures += failures;
    this.#pendingTotal += total;
  }

  tick(seconds: number): void {
    const kept = retention(this.#memory, seconds, this.#pendingTotal);
    this.#failures = this.#failures * kept + this.#pendingFailures;
    this.#total = this.#total * kept + this.#pendingTotal;
    this.#pendingFailures = 0;
    this.#pendingTotal = 0;
  }

  save(): BaselineRateState {
    return {
      failures: this.#failures,
      total: this.#total,
      pendingFailures: this.#pendingFailures,
      pendingTotal: this.#pendingTotal,
    };
  }

  load(state: BaselineRateState): void {
    this.#failures = state.failures;
    this.#total = state.total;
    this.#pendingFailures = state.pendingFailures;
    this.#pendingTotal = state.pendingTotal;
  }
}
