/** What a restarted controller needs. */
export interface CalmRateState {
  readonly fast: number;
  readonly failures: number;
  readonly total: number;
}

/** The fast average remembers this many outcomes. */
const FAST_SAMPLES = 300;
const CALM_SAMPLES = 20_000;
/** Above this multiple of the calm rate the baseline is in an incident. */
const INCIDENT_RATIO = 6;

/**
 * The baseline's failure rate for sizing promotion bets: the long-run rate of calm seconds, and
 * the fast average while an incident lasts, so that a shared burst of failures does not burn the evidence.
 */
export class CalmRate {
  readonly #guess: number;
  #fast: number;
  #failures = 0;
  #total = 0;

  constructor(guess: number) {
    this.#guess = guess;
    this.#fast = guess;
  }

  get value(): number {
    return this.#isIncident() ? this.#fast : this.#calm();
  }

  learn(failures: number, total: number): void {
    if (total === 0) return;
    const kept = Math.exp(-total / FAST_SAMPLES);
    this.#fast = this.#fast * kept + (1 - kept) * (failures / total);
    if (this.#isIncident()) return;
    const calmKept = Math.exp(-total / CALM_SAMPLES);
    this.#failures = this.#failures * calmKept + failures;
    this.#total = this.#total * calmKept + total;
  }

  #calm(): number {
    return (this.#failures + 1) / (this.#total + 1 / this.#guess);
  }

  #isIncident(): boolean {
    return this.#fast > INCIDENT_RATIO * this.#calm();
  }

  save(): CalmRateState {
    return { fast: this.#fast, failures: this.#failures, total: this.#total };
  }

  load(state: CalmRateState): void {
    this.#fast = state.fast;
    this.#failures = state.failures;
    this.#total = state.total;
  }
}
