import { LatencyHarm, type LatencyHarmState } from './latency-harm.ts';
import type { JudgePolicy } from './policy.ts';
import { RateHarm, type RateHarmState } from './rate-harm.ts';

/** Where one metric stands: `share`·`evidence` is its part of the whole. */
export interface HarmStanding {
  readonly metric: string;
  readonly share: number;
  readonly evidence: number;
}

/** What a restarted controller needs. */
export interface HarmState {
  readonly latency: LatencyHarmState;
  readonly rates: readonly RateHarmState[];
}

/** Evidence of harm over all metrics: the shares' average of e-values, itself an e-value. */
export class Harm {
  /** Errors, business, then further metrics. */
  readonly rates: readonly RateHarm[];
  readonly latency: LatencyHarm;
  readonly #names: readonly string[];
  readonly #shares: readonly number[];
  readonly #latencyShare: number;

  constructor(policy: JudgePolicy) {
    const rest = 1 - policy.further.reduce((sum, { share }) => sum + share, 0);
    this.rates = [policy.errors, policy.business, ...policy.further.map(({ harm }) => harm)].map(
      (harm) => new RateHarm(harm),
    );
    this.latency = new LatencyHarm(policy.latency);
    this.#names = ['errors', 'business', ...policy.further.map(({ name }) => name)];
    this.#shares = [
      rest * policy.shares.errors,
      rest * policy.shares.business,
      ...policy.further.map(({ share }) => share),
    ];
    this.#latencyShare = rest * policy.shares.latency;
  }

  get evidence(): number {
    let sum = this.#latencyShare * this.latency.evidence;
    for (let i = 0; i < this.rates.length; i++) {
      sum += (this.#shares[i] as number) * (this.rates[i] as RateHarm).evidence;
    }
    return sum;
  }

  standings(): readonly HarmStanding[] {
    const rates = this.rates.map(({ evidence }, i) => ({
      metric: this.#names[i] as string,
      share: this.#shares[i] as number,
      evidence,
    }));
    const latency = {
      metric: 'latency',
      share: this.#latencyShare,
      evidence: this.latency.evidence,
    };
    return [...rates.slice(0, 1), latency, ...rates.slice(1)];
  }

  /** The metric with the largest part of the evidence. */
  leading(): string {
    return this.standings().reduce((a, b) => (b.share * b.evidence > a.share * a.evidence ? b : a))
      .metric;
  }

  tick(seconds: number): void {
    this.latency.tick(seconds);
    for (const rate of this.rates) rate.tick(seconds);
  }

  save(): HarmState {
    return { latency: this.latency.save(), rates: this.rates.map((rate) => rate.save()) };
  }

  load(state: HarmState): void {
    this.latency.load(state.latency);
    this.rates.forEach((rate, i) => {
      rate.load(state.rates[i] as RateHarmState);
    });
  }
}
