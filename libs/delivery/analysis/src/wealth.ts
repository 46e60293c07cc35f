/** One expert's fixed part of the initial wealth. */
export type Priors = readonly number[];

/** What a restarted controller needs to go on betting. */
export interface WealthState {
  readonly cash: number;
  readonly experts: readonly number[];
}

/** Below, doubles turn subnormal and several times slower; above, the verdict has long been reached. */
const FLOOR = 1e-250;
const CEILING = 1e250;

/**
 * The e-value of one metric: money that started at 1 and can grow only if the canary is worse.
 * Each expert bets its own size of harm; cash waits, and moves to the experts at a steady rate so
 * that a fault that begins late meets money that has not been lost yet.
 */
export class Wealth {
  readonly #priors: Priors;
  readonly #refillSeconds: number;
  readonly #experts: Float64Array;
  #cash: number;
  #sum = 0;

  constructor(priors: Priors, initialCash: number, refillSeconds: number) {
    this.#priors = priors;
    this.#refillSeconds = refillSeconds;
    this.#cash = initialCash;
    this.#experts = Float64Array.from(priors, (prior) => (1 - initialCash) * prior);
    this.#sum = this.#experts.reduce((sum, wealth) => sum + wealth, 0);
  }

  /** The e-value: at most 1 in expectation while the canary is not worse. */
  get evidence(): number {
    return this.#cash + this.#sum;
  }

  /** One outcome: expert g's wealth times `factors[offset + g]`. */
  bet(factors: Float64Array, offset: number): void {
    const experts = this.#experts;
    let sum = 0;
    for (let g = 0; g < experts.length; g++) {
      let wealth = (experts[g] as number) * (factors[offset + g] as number);
      if (wealth < FLOOR) wealth = FLOOR;
      else if (wealth > CEILING) wealth = CEILING;
      experts[g] = wealth;
      sum += wealth;
    }
    this.#sum = sum;
  }

  /** Many outcomes at once: expert g's wealth times e^`exponents[g]`. */
  betMany(exponents: Float64Array): void {
    const experts = this.#experts;
    let sum = 0;
    for (let g = 0; g < experts.length; g++) {
      const product = (experts[g] as number) * Math.exp(exponents[g] as number);
      const wealth = Math.min(CEILING, Math.max(FLOOR, product));
      experts[g] = wealth;
      sum += wealth;
    }
    this.#sum = sum;
  }

  /** Moves the cash that is due after `seconds` to the experts. */
  refill(seconds: number): void {
    const moved = this.#cash * -Math.expm1(-seconds / this.#refillSeconds);
    this.#cash -= moved;
    this.#sum = 0;
    for (let g = 0; g < this.#experts.length; g++) {
      this.#experts[g] = (this.#experts[g] as number) + moved * (this.#priors[g] as number);
      this.#sum += this.#experts[g] as number;
    }
  }

  save(): WealthState {
    return { cash: this.#cash, experts: [...this.#experts] };
  }

  load(state: WealthState): void {
    this.#cash = state.cash;
    this.#experts.set(state.experts);
    this.#sum = this.#experts.reduce((sum, wealth) => sum + wealth, 0);
  }
}
