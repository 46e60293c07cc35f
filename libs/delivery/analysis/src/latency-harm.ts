import type { Memory } from './forgetting.ts';
import { BIN_COUNT, type LatencyCounts } from './latency-bins.ts';
import { LatencyReference, type LatencyReferenceState } from './latency-reference.ts';
import { normalCdf, normalQuantile } from './normal.ts';
import type { Arm } from './outcome.ts';
import { isBettable } from './rate-harm.ts';
import { Wealth, type WealthState } from './wealth.ts';

/**
 * `shift` bets that the canary's latencies sit d standard deviations higher, `tail` that it exceeds
 * the baseline's z0 quantile `ratio` times as often.
 */
export type LatencyExpert =
  | { readonly kind: 'shift'; readonly d: number; readonly prior: number }
  | {
      readonly kind: 'tail';
      readonly z0: number;
      readonly ratio: number;
      readonly prior: number;
    };

/** How latency is tested for harm. */
export interface LatencyHarmPolicy {
  readonly experts: readonly LatencyExpert[];
  readonly initialCash: number;
  readonly refillSeconds: number;
  readonly memory: Memory;
  /** Slower by this many bins of 2 % is not called harm. */
  readonly toleranceBins: number;
}

/** What a restarted controller needs. */
export interface LatencyHarmState {
  readonly wealth: WealthState;
  readonly reference: LatencyReferenceState;
}

/** r(z): the likelihood ratio an expert bets on a latency at the baseline's normal score z. */
export function latencyRatio(expert: LatencyExpert): (z: number) => number {
  if (expert.kind === 'shift') {
    const { d } = expert;
    return (z) => Math.exp(d * z - (d * d) / 2);
  }
  const { z0, ratio } = expert;
  const q = 1 - normalCdf(z0);
  const below = (1 - ratio * q) / (1 - q);
  return (z) => (z > z0 ? ratio : below);
}

/**
 * Evidence that the canary is slower, by the same bet on labels as {@link RateHarm}: a latency
 * becomes a normal score of the baseline's distribution, and experts bet on shifts and on the tail.
 */
export class LatencyHarm {
  readonly #ratios: readonly ((z: number) => number)[];
  readonly #toleranceBins: number;
  readonly #wealth: Wealth;
  readonly reference: LatencyReference;
  /** Factors of both arms by bin, computed when a bin is first met after the reference moved. */
  readonly #factors: Float64Array;
  readonly #computedAt = new Int32Array(2 * BIN_COUNT);
  readonly #exponents: Float64Array;
  #generation = 1;
  #factorWeight = NaN;

  constructor(policy: LatencyHarmPolicy) {
    this.#ratios = policy.experts.map(latencyRatio);
    this.#toleranceBins = policy.toleranceBins;
    this.#wealth = new Wealth(
      policy.experts.map(({ prior }) => prior),
      policy.initialCash,
      policy.refillSeconds,
    );
    this.reference = new LatencyReference(policy.memory);
    this.#factors = new Float64Array(2 * BIN_COUNT * policy.experts.length);
    this.#exponents = new Float64Array(policy.experts.length);
  }

  get evidence(): number {
    return this.#wealth.evidence;
  }

  /** One latency; `mayBet` is false while the canary warms up, when the baseline is only learnt. */
  observe(arm: Arm, bin: number, weight: number, mayBet: boolean): void {
    if (arm === 'baseline') this.reference.add(bin, 1);
    if (!mayBet || !isBettable(weight) || !this.reference.isReady) return;
    this.#wealth.bet(this.#factors, this.#offset(arm, bin, weight));
  }

  /** Both arms' histograms of one interval. */
  observeCounts(
    canary: LatencyCounts,
    baseline: LatencyCounts,
    weight: number,
    mayBet: boolean,
  ): void {
    const betting = mayBet && isBettable(weight) && this.reference.isReady;
    if (betting) {
      this.#exponents.fill(0);
      this.#addExponents('canary', canary, weight);
      this.#addExponents('baseline', baseline, weight);
      this.#wealth.betMany(this.#exponents);
    }
    for (let i = 0; i < baseline.bins.length; i++) {
      this.reference.add(baseline.bins[i] as number, baseline.counts[i] as number);
    }
  }

  #addExponents(arm: Arm, latency: LatencyCounts, weight: number): void {
    for (let i = 0; i < latency.bins.length; i++) {
      const count = latency.counts[i] as number;
      if (count === 0) continue;
      const offset = this.#offset(arm, latency.bins[i] as number, weight);
      for (let g = 0; g < this.#exponents.length; g++) {
        this.#exponents[g] =
          (this.#exponents[g] as number) + count * Math.log(this.#factors[offset + g] as number);
      }
    }
  }

  tick(seconds: number): void {
    this.reference.tick(seconds);
    this.#wealth.refill(seconds);
    this.#generation++;
  }

  #offset(arm: Arm, bin: number, weight: number): number {
    if (weight !== this.#factorWeight) {
      this.#factorWeight = weight;
      this.#generation++;
    }
    const row = arm === 'canary' ? bin : BIN_COUNT + bin;
    const offset = row * this.#ratios.length;
    if (this.#computedAt[row] !== this.#generation) {
      this.#computedAt[row] = this.#generation;
      this.#compute(arm, bin, weight, offset);
    }
    return offset;
  }

  #compute(arm: Arm, bin: number, weight: number, offset: number): void {
    const compared = arm === 'canary' ? Math.max(0, bin - this.#toleranceBins) : bin;
    const z = Math.min(3.5, Math.max(-3, normalQuantile(this.reference.below(compared))));
    this.#ratios.forEach((ratio, g) => {
      const r = ratio(z);
      this.#factors[offset + g] = (arm === 'canary' ? r : 1) / (weight * r + 1 - weight);
    });
  }

  save(): LatencyHarmState {
    return { wealth: this.#wealth.save(), reference: this.reference.save() };
  }

  load(state: LatencyHarmState): void {
    this.#wealth.load(state.wealth);
    this.reference.load(state.reference);
    this.#generation++;
  }
}
