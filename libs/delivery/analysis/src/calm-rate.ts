import type { TwoArmCounts } from './rate-margin.ts';

/** What a restarted controller needs. */
export interface CalmRateState {
  readonly fast: number;
  readonly failures: number;
  readonly total: number;
}

/** The fast average remembers this many outcomes. */
const FAST_SAMPLES = 300;
const CALM_SAMPLES = 20_000;
/**
 * The baseline is in an incident above this multiple of the calm rate plus a few failures in the fast
 * window. Without the few, chance pairs of failures were called incidents and left out, the calm rate
 * sank, and the bets grew too bold to recover.
 */
const INCIDENT_RATIO = 6;
const INCIDENT_FAILURES = 3;

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

  /** The fast average takes both arms, to notice an incident early; the calm rate is the baseline's. */
  learn({ canary, baseline }: TwoArmCounts): void {
    const both = canary.total + baseline.total;
    if (both === 0) return;
    const kept = Math.exp(-both / FAST_SAMPLES);
    const failures = canary.failures + baseline.failures;
    this.#fast = this.#fast * kept + (1 - kept) * (failures / both);
    if (this.#isIncident()) return;
    const calmKept = Math.exp(-baseline.total / CALM_SAMPLES);
    this.#failures = this.#failures * calmKept + baseline.failures;
    this.#total = this.#total * calmKept + baseline.total;
  }

  #calm(): number {
    return (this.#failures + 1) / (this.#total + 1 / this.#guess);
  }

  #isIncident(): boolean {
    return this.#fast > INCIDENT_RATIO * this.#calm() + INCIDENT_FAILURES / FAST_SAMPLES;
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
