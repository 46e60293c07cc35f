import { BaselineRate, type BaselineRateState } from './baseline-rate.ts';
import type { Memory } from './forgetting.ts';
import type { Arm } from './outcome.ts';
import { Wealth, type WealthState } from './wealth.ts';

/** An expert bets that the canary fails `ratio` times as often as the baseline. */
export interface RateExpert {
  readonly ratio: number;
  readonly prior: number;
}

/** How one metric of good and bad outcomes is tested for harm. */
export interface RateHarmPolicy {
  readonly experts: readonly RateExpert[];
  readonly initialCash: number;
  readonly refillSeconds: number;
  readonly memory: Memory;
  /** The baseline's failure rate before anything is known of it. */
  readonly guess: number;
}

/** What a restarted controller needs. */
export interface RateHarmState {
  readonly wealth: WealthState;
  readonly baseline: BaselineRateState;
}

/**
 * Evidence that the canary fails more often. If routing is random with share w and the arms are
 * equal at each instant, then P(canary | outcome) = w however rates drift; a nondecreasing likelihood
 * ratio r pays r / (w·r + 1 − w) on a canary outcome and 1 / (w·r + 1 − w) on a baseline one, whose
 * expectation is at most 1 while the canary is not worse.
 */
export class RateHarm {
  readonly #experts: readonly RateExpert[];
  readonly #wealth: Wealth;
  readonly #baseline: BaselineRate;
  /** Four rows of one factor per expert, valid for `#factorWeight` until the baseline rate moves. */
  readonly #factors: Float64Array;
  readonly #exponents: Float64Array;
  #factorWeight = NaN;

  constructor(policy: RateHarmPolicy) {
    this.#experts = policy.experts;
    this.#wealth = new Wealth(
      policy.experts.map(({ prior }) => prior),
      policy.initialCash,
      policy.refillSeconds,
    );
    this.#baseline = new BaselineRate(policy.memory, policy.guess);
    this.#factors = new Float64Array(4 * policy.experts.length);
    this.#exponents = new Float64Array(policy.experts.length);
  }

  get evidence(): number {
    return this.#wealth.evidence;
  }

  get baselineRate(): number {
    return this.#baseline.value;
  }

  /** One outcome, routed to the canary with probability `weight`; no bet at 0 and 1. */
  observe(arm: Arm, ok: boolean, weight: number): void {
    if (arm === 'baseline') this.#baseline.add(ok ? 0 : 1, 1);
    if (!isBettable(weight)) return;
    this.#prepare(weight);
    const row = (arm === 'canary' ? 0 : 2) + (ok ? 1 : 0);
    this.#wealth.bet(this.#factors, row * this.#experts.length);
  }

  /** Both arms' counts of one interval: the same as every outcome of it in any order. */
  observeCounts(
    canary: { failures: number; total: number },
    baseline: { failures: number; total: number },
    weight: number,
  ): void {
    this.#baseline.add(baseline.failures, baseline.total);
    if (!isBettable(weight)) return;
    this.#prepare(weight);
    const size = this.#experts.length;
    const factors = this.#factors;
    for (let g = 0; g < size; g++) {
      this.#exponents[g] =
        canary.failures * Math.log(factors[g] as number) +
        (canary.total - canary.failures) * Math.log(factors[size + g] as number) +
        baseline.failures * Math.log(factors[2 * size + g] as number) +
        (baseline.total - baseline.failures) * Math.log(factors[3 * size + g] as number);
    }
    this.#wealth.betMany(this.#exponents);
  }

  tick(seconds: number): void {
    this.#baseline.tick(seconds);
    this.#wealth.refill(seconds);
    this.#factorWeight = NaN;
  }

  /** Rows: canary failed, canary ok, baseline failed, baseline ok. */
  #prepare(weight: number): void {
    if (weight === this.#factorWeight) return;
    this.#factorWeight = weight;
    const p0 = this.#baseline.value;
    this.#experts.forEach(({ ratio }, g) => {
      const size = this.#experts.length;
      const p1 = Math.min(ratio * p0, p0 + 0.9 * (1 - p0));
      const failed = p1 / p0;
      const ok = (1 - p1) / (1 - p0);
      this.#factors[g] = failed / (weight * failed + 1 - weight);
      this.#factors[size + g] = ok / (weight * ok + 1 - weight);
      this.#factors[2 * size + g] = 1 / (weight * failed + 1 - weight);
      this.#factors[3 * size + g] = 1 / (weight * ok + 1 - weight);
    });
  }

  save(): RateHarmState {
    return { wealth: this.#wealth.save(), baseline: this.#baseline.save() };
  }

  load(state: RateHarmState): void {
    this.#wealth.load(state.wealth);
    this.#baseline.load(state.baseline);
    this.#factorWeight = NaN;
  }
}

/** With everything on one arm the label says nothing; anything else is not a probability. */
export function isBettable(weight: number): boolean {
  return weight > 0 && weight < 1;
}
