import { CalmRate, type CalmRateState } from './calm-rate.ts';
import type { LatencyReference } from './latency-reference.ts';
import {
  goalOf,
  latencyMarginBins,
  stageMargin,
  tailQuantile,
  type TrafficRate,
} from './margins.ts';
import type { Arm } from './outcome.ts';
import type { JudgePolicy } from './policy.ts';
import { logQuantileGrowth } from './quantile-margin.ts';
import { logMarginGrowth } from './rate-margin.ts';
import { isBettable } from './rate-harm.ts';
import { StageMixture, type StageMixtureState } from './stage-mixture.ts';

/** Where one promotion test stands. */
export interface PromotionStanding {
  readonly metric: string;
  /** `errors`, `business`, a further metric's name, `latency p50`, `latency p99`... */
  readonly test: string;
  readonly evidence: number;
  readonly required: number;
  /** Absolute for rates, relative for latency. */
  readonly margin: number;
  /** False when the traffic is too thin for the test to ask anything. */
  readonly isBinding: boolean;
}

/** What a restarted controller needs. */
export interface PromotionState {
  readonly traffic: TrafficRate | null;
  readonly rates: readonly CalmRateState[];
  readonly mixtures: readonly (readonly StageMixtureState[])[];
  readonly thresholds: readonly LatencyThreshold[];
  readonly cells: readonly { readonly weight: number; readonly counts: readonly number[] }[];
}

/** Above which bin an outcome counts as slow, and how much of the baseline does. */
interface LatencyThreshold {
  readonly baselineBin: number;
  readonly canaryBin: number;
  readonly e0: number;
  readonly e1: number;
}

/** One test of one metric across the stages; `slot` is where its first counter stands in a cell. */
interface StageTest {
  readonly metric: string;
  readonly stage: number;
  readonly slot: number;
  readonly mixture: StageMixture;
}

/** Counts since the last tick under one weight: per slot, canary bad and all, baseline bad and all. */
interface Cell {
  readonly weight: number;
  readonly counts: Float64Array;
}

const COUNTERS = 4;
const MOST_CELLS = 16;
const NO_THRESHOLD: LatencyThreshold = { baselineBin: -1, canaryBin: -1, e0: 0, e1: 0 };

/**
 * Evidence that the canary is *not* worse than a margin, one test per metric and stage; a stage ends
 * when all of its tests have enough (an intersection-union test: no correction for their number). All
 * stages' tests run from the start, so evidence gathered at 5 % still counts at 50 %. Counts wait for the
 * tick, so that batches equal streams.
 */
export class Promotion {
  readonly #policy: JudgePolicy;
  readonly #weights: readonly number[];
  readonly #reference: LatencyReference;
  readonly #rateNames: readonly string[];
  readonly #rates: readonly CalmRate[];
  readonly #rateTests: readonly StageTest[];
  /** Two per stage: the median, then the tail. */
  readonly #latencyTests: readonly StageTest[];
  readonly #tests: readonly StageTest[];
  readonly #firstLatencySlot: number;
  #thresholds: readonly LatencyThreshold[];
  /** The thresholds' bins once more, laid out for the one loop that runs for every outcome. */
  readonly #baselineBins: Int32Array;
  readonly #canaryBins: Int32Array;
  #traffic: TrafficRate | undefined;
  #stage = -1;
  #cells: Cell[] = [];

  constructor(policy: JudgePolicy, weights: readonly number[], reference: LatencyReference) {
    this.#policy = policy;
    this.#weights = weights;
    this.#reference = reference;
    this.#rateNames = ['errors', 'business', ...policy.further.map(({ name }) => name)];
    this.#rates = [policy.errors, policy.business, ...policy.further.map(({ harm }) => harm)].map(
      ({ guess }) => new CalmRate(guess),
    );
    this.#rateTests = this.#rateNames.flatMap((metric, index) =>
      weights.map((_, stage) => ({
        metric,
        stage,
        slot: index * COUNTERS,
        mixture: new StageMixture(stage),
      })),
    );
    const first = this.#rateNames.length;
    this.#latencyTests = weights.flatMap((_, stage) =>
      [0, 1].map((which) => ({
        metric: 'latency',
        stage,
        slot: (first + stage * 2 + which) * COUNTERS,
        mixture: new StageMixture(stage),
      })),
    );
    this.#tests = [...this.#rateTests, ...this.#latencyTests];
    this.#firstLatencySlot = first * COUNTERS;
    this.#baselineBins = new Int32Array(this.#latencyTests.length);
    this.#canaryBins = new Int32Array(this.#latencyTests.length);
    this.#thresholds = this.#latencyTests.map(() => NO_THRESHOLD);
  }

  get isFrozen(): boolean {
    return this.#traffic !== undefined;
  }

  /** Fixes the margins for the rest of the rollout; until then nothing is bet. */
  freeze(traffic: TrafficRate): void {
    this.#traffic = traffic;
    this.#refreshThresholds();
  }

  startStage(stage: number): void {
    this.#stage = stage;
    for (const { mixture } of this.#tests) mixture.startStage(stage);
  }

  /** Counts `count` outcomes of the rate metric with that index (0 errors, 1 business, then further). */
  addRate(index: number, arm: Arm, failures: number, total: number, weight: number): void {
    this.#add(this.#cell(weight).counts, index * COUNTERS, arm, failures, total);
  }

  addLatency(arm: Arm, bin: number, count: number, weight: number): void {
    const { counts } = this.#cell(weight);
    const isCanary = arm === 'canary';
    const limits = isCanary ? this.#canaryBins : this.#baselineBins;
    // Tests of earlier stages are over; theirs come first.
    for (let i = 2 * Math.max(0, this.#stage); i < limits.length; i++) {
      const at = this.#firstLatencySlot + i * COUNTERS + (isCanary ? 0 : 2);
      if (bin > (limits[i] as number)) counts[at] = (counts[at] as number) + count;
      counts[at + 1] = (counts[at + 1] as number) + count;
    }
  }

  #add(counts: Float64Array, slot: number, arm: Arm, failures: number, total: number): void {
    const at = slot + (arm === 'canary' ? 0 : 2);
    counts[at] = (counts[at] as number) + failures;
    counts[at + 1] = (counts[at + 1] as number) + total;
  }

  #cell(weight: number): Cell {
    const last = this.#cells[this.#cells.length - 1];
    if (last?.weight === weight) return last;
    const known = this.#cells.find((cell) => cell.weight === weight);
    if (known) return known;
    // A flood of different weights in one second would cost memory: settle what there is.
    if (this.#cells.length === MOST_CELLS) this.#settle();
    const slots = this.#rateNames.length + this.#latencyTests.length;
    const cell = { weight, counts: new Float64Array(slots * COUNTERS) };
    this.#cells.push(cell);
    return cell;
  }

  /** The second is over: bets are settled with what was known before it, then it is learnt from. */
  tick(seconds: number): void {
    this.#settle();
    for (const { mixture } of this.#tests) mixture.tick(seconds);
    this.#refreshThresholds();
  }

  #settle(): void {
    for (const cell of this.#cells) {
      if (!isBettable(cell.weight) || !this.#traffic) continue;
      for (const test of this.#rateTests) this.#settleRate(test, cell);
      this.#latencyTests.forEach((test, i) => {
        this.#settleLatency(test, this.#thresholds[i] as LatencyThreshold, cell);
      });
    }
    const summed = this.#summed();
    this.#rates.forEach((rate, index) => {
      rate.learn(countsAt(summed, index * COUNTERS));
    });
    const [first] = this.#cells;
    if (first && this.#cells.length === 1) first.counts.fill(0);
    else this.#cells = [];
  }

  #summed(): Float64Array {
    const sum = new Float64Array(COUNTERS * this.#rateNames.length);
    for (const { counts } of this.#cells) {
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (counts[i] as number);
    }
    return sum;
  }

  #settleRate(test: StageTest, cell: Cell): void {
    if (test.stage < this.#stage) return;
    const margin = this.#rateMargin(test);
    const counts = countsAt(cell.counts, test.slot);
    if (margin === undefined || counts.canary.total + counts.baseline.total === 0) return;
    const rate = (this.#rates[test.slot / COUNTERS] as CalmRate).value;
    test.mixture.grow(logMarginGrowth(counts, rate, margin, cell.weight));
  }

  #settleLatency(test: StageTest, threshold: LatencyThreshold, cell: Cell): void {
    if (test.stage < this.#stage || threshold.e0 === 0) return;
    const counts = countsAt(cell.counts, test.slot);
    if (counts.canary.total + counts.baseline.total === 0) return;
    test.mixture.grow(logQuantileGrowth(counts, threshold.e0, threshold.e1, cell.weight));
  }

  #refreshThresholds(): void {
    if (!this.#reference.isReady || !this.#traffic) return;
    this.#setThresholds(this.#latencyTests.map((test, i) => this.#thresholdOf(test, i)));
  }

  #setThresholds(thresholds: readonly LatencyThreshold[]): void {
    this.#thresholds = thresholds;
    thresholds.forEach(({ baselineBin, canaryBin }, i) => {
      this.#baselineBins[i] = baselineBin;
      this.#canaryBins[i] = canaryBin;
    });
  }

  #thresholdOf(test: StageTest, i: number): LatencyThreshold {
    if (test.stage < this.#stage) return NO_THRESHOLD;
    const baselineBin = this.#reference.quantileBin(this.#quantile(test, i % 2));
    const canaryBin =
      baselineBin + latencyMarginBins(this.#latencyMargin(i % 2), this.#nextWeight(test.stage));
    const e0 = this.#reference.above(baselineBin);
    const e1 = Math.min(0.95 * e0, Math.max(0.05 * e0, this.#reference.above(canaryBin)));
    return { baselineBin, canaryBin, e0, e1 };
  }

  #quantile(test: StageTest, which: number): number {
    if (which === 0) return 0.5;
    return tailQuantile(this.#traffic?.requests ?? 0, this.#weights[test.stage] as number);
  }

  #latencyMargin(which: number): number {
    return which === 0 ? this.#policy.medianMargin : this.#policy.tailMargin;
  }

  #nextWeight(stage: number): number {
    return this.#weights[stage + 1] ?? 1;
  }

  #rateMargin(test: StageTest): number | undefined {
    const { errorsMargin, businessMargin, further } = this.#policy;
    const index = test.slot / COUNTERS;
    const margin = [errorsMargin, businessMargin][index] ?? further[index - 2]?.margin ?? 0;
    const goal = goalOf(this.#policy, test.stage, this.#weights.length);
    return stageMargin(margin, goal, this.#ratePerSecond(index), this.#nextWeight(test.stage));
  }

  #ratePerSecond(index: number): number {
    if (!this.#traffic) return 0;
    if (index === 0) return this.#traffic.requests;
    if (index === 1) return this.#traffic.business;
    return this.#traffic.further[this.#rateNames[index] as string] ?? 0;
  }

  /** Every test of a stage; all that bind must have the required evidence. */
  standings(stage: number): readonly PromotionStanding[] {
    const required = goalOf(this.#policy, stage, this.#weights.length).evidence;
    const rates = this.#rateTests
      .filter((test) => test.stage === stage)
      .map((test) => {
        const margin = this.#rateMargin(test);
        return {
          metric: test.metric,
          test: test.metric,
          evidence: test.mixture.evidence,
          required,
          margin: margin ?? 1,
          isBinding: margin !== undefined,
        };
      });
    const latencies = this.#latencyTests
      .map((test, i) => ({ test, which: i % 2 }))
      .filter(({ test }) => test.stage === stage)
      .map(({ test, which }) => ({
        metric: 'latency',
        test: `latency p${Math.round(100 * this.#quantile(test, which))}`,
        evidence: test.mixture.evidence,
        required,
        margin: this.#latencyMargin(which) * Math.min(4, 1 / this.#nextWeight(stage)),
        isBinding: (this.#traffic?.latencies ?? 0) > 0,
      }));
    return [...rates, ...latencies];
  }

  save(): PromotionState {
    return {
      traffic: this.#traffic ?? null,
      rates: this.#rates.map((rate) => rate.save()),
      mixtures: [this.#rateTests, this.#latencyTests].map((tests) =>
        tests.map(({ mixture }) => mixture.save()),
      ),
      thresholds: this.#thresholds,
      cells: this.#cells.map(({ weight, counts }) => ({ weight, counts: [...counts] })),
    };
  }

  load(state: PromotionState, stage: number): void {
    this.#traffic = state.traffic ?? undefined;
    this.#stage = stage;
    this.#rates.forEach((rate, i) => {
      rate.load(state.rates[i] as CalmRateState);
    });
    [this.#rateTests, this.#latencyTests].forEach((tests, which) => {
      tests.forEach(({ mixture }, i) => {
        mixture.load(state.mixtures[which]?.[i] as StageMixtureState);
      });
    });
    this.#setThresholds(state.thresholds);
    this.#cells = state.cells.map(({ weight, counts }) => ({
      weight,
      counts: Float64Array.from(counts),
    }));
  }
}

function countsAt(counts: Float64Array, slot: number) {
  return {
    canary: { failures: counts[slot] as number, total: counts[slot + 1] as number },
    baseline: { failures: counts[slot + 2] as number, total: counts[slot + 3] as number },
  };
}
