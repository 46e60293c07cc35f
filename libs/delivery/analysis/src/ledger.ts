import { latencyDifference, rateDifference, type Difference } from './difference.ts';
import { HardLimitWatch, type HardLimit, type HardLimitState } from './hard-limit.ts';
import type { LatencyCounts } from './latency-bins.ts';
import type { TrafficRate } from './margins.ts';
import type { Arm } from './outcome.ts';
import { SampleRatio, type SampleRatioState } from './sample-ratio.ts';
import { Totals, type TotalsState } from './totals.ts';

/** What a restarted controller needs. */
export interface LedgerState {
  readonly totals: TotalsState;
  readonly splits: readonly SampleRatioState[];
  readonly limits: readonly HardLimitState[];
  readonly seen: readonly number[];
  readonly isRollout: boolean;
}

/**
 * Everything that is counted rather than bet on: totals for the report, the split between the arms, the
 * hard limits, and the traffic from which margins are set. Rate metrics go by index: errors, business, then
 * further ones; latency comes after them.
 */
export class Ledger {
  readonly #names: readonly string[];
  readonly #totals: Totals;
  readonly #splits: readonly SampleRatio[];
  readonly #limits: readonly HardLimitWatch[];
  /** Outcomes per metric since the first, before the rollout too. */
  #seen: number[];
  readonly #latency: number;
  #isRollout = false;
  readonly #isAllocationReported: boolean;

  constructor(
    names: readonly string[],
    limits: readonly HardLimit[],
    isAllocationReported: boolean,
  ) {
    this.#names = names;
    this.#latency = names.length;
    this.#isAllocationReported = isAllocationReported;
    this.#totals = new Totals(names.length);
    this.#splits = Array.from({ length: names.length + 1 }, () => new SampleRatio());
    this.#limits = limits.map((limit) => new HardLimitWatch(limit));
    this.#seen = Array.from({ length: names.length + 1 }, () => 0);
  }

  /** The canary gets traffic: from now on the report counts. */
  startRollout(): void {
    this.#isRollout = true;
  }

  addRate(index: number, arm: Arm, failures: number, total: number, weight: number): void {
    this.#seen[index] = (this.#seen[index] as number) + total;
    if (this.#isRollout) this.#totals.addRate(index, arm, failures, total);
    if (index > 0 || !this.#isAllocationReported) this.#addSplit(index, arm, total, weight);
    if (arm !== 'canary') return;
    for (const watch of this.#limits) {
      if (watch.limit.metric === this.#names[index]) watch.add(failures, total);
    }
  }

  /** Latencies count for the report once the canary is warm. */
  addLatency(arm: Arm, bin: number, count: number, isWarm: boolean, weight: number): void {
    this.#seen[this.#latency] = (this.#seen[this.#latency] as number) + count;
    this.#addSplit(this.#latency, arm, count, weight);
    if (isWarm) this.#totals.addLatency(arm, bin, count);
    if (arm !== 'canary') return;
    for (const watch of this.#limits) {
      if (watch.limit.metric === 'latency') watch.addLatency(bin, count);
    }
  }

  /** Requests as they were sent, where the balancer reports them. */
  addRouted(arm: Arm, count: number, weight: number): void {
    this.#addSplit(0, arm, count, weight);
  }

  #addSplit(index: number, arm: Arm, count: number, weight: number): void {
    if (weight > 0 && weight < 1) this.#splits[index]?.add(arm, count, weight);
  }

  tick(seconds: number): void {
    for (const watch of this.#limits) watch.tick(seconds);
  }

  /** The first hard limit that is broken now. */
  get brokenLimit(): HardLimit | undefined {
    return this.#limits.find((watch) => watch.isBroken)?.limit;
  }

  /**
   * e-value against the split that was asked for: half for the requests, the other half shared by the metrics,
   * so that an arm which stops reporting one of them is noticed.
   */
  get splitEvidence(): number {
    const others = this.#splits.length - 1;
    return this.#splits.reduce(
      (sum, { logEvidence }, i) =>
        sum + (i === 0 ? 0.5 : 0.5 / others) * Math.exp(Math.min(500, logEvidence)),
      0,
    );
  }

  /** Requests seen since the first, before the rollout too. */
  get requestsSeen(): number {
    return this.#seen[0] as number;
  }

  traffic(seconds: number): TrafficRate {
    const rates = this.#seen.map((count) => count / seconds);
    return {
      requests: rates[0] ?? 0,
      business: rates[1] ?? 0,
      latencies: rates[this.#latency] ?? 0,
      further: Object.fromEntries(this.#names.slice(2).map((name, i) => [name, rates[2 + i] ?? 0])),
    };
  }

  /** Requests per arm since the canary got traffic. */
  requests(): Readonly<Record<Arm, number>> {
    return {
      baseline: this.#totals.rate(0, 'baseline').total,
      canary: this.#totals.rate(0, 'canary').total,
    };
  }

  difference(metric: string, alpha: number): Difference | undefined {
    if (metric === 'latency') {
      return this.#slowest(this.#totals.latency('baseline'), this.#totals.latency('canary'), alpha);
    }
    const index = this.#names.indexOf(metric);
    if (index < 0) return undefined;
    const [baseline, canary] = [
      this.#totals.rate(index, 'baseline'),
      this.#totals.rate(index, 'canary'),
    ];
    return rateDifference(metric, baseline, canary, alpha);
  }

  /** Median or p99: the one that is more surely worse is the one worth telling. */
  #slowest(baseline: LatencyCounts, canary: LatencyCounts, alpha: number): Difference | undefined {
    const [median, tail] = [0.5, 0.99].map((quantile) =>
      latencyDifference(baseline, canary, quantile, alpha / 2),
    );
    return median && tail && tail.difference.low > median.difference.low ? tail : median;
  }

  save(): LedgerState {
    return {
      totals: this.#totals.save(),
      splits: this.#splits.map((split) => split.save()),
      limits: this.#limits.map((limit) => limit.save()),
      seen: [...this.#seen],
      isRollout: this.#isRollout,
    };
  }

  load(state: LedgerState): void {
    this.#totals.load(state.totals);
    this.#splits.forEach((split, i) => {
      split.load(state.splits[i] as SampleRatioState);
    });
    this.#limits.forEach((limit, i) => {
      limit.load(state.limits[i] as HardLimitState);
    });
    this.#seen = [...state.seen];
    this.#isRollout = state.isRollout;
  }
}
