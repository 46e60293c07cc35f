import { retention, type Memory } from './forgetting.ts';
import { BIN_COUNT, binLogLatency } from './latency-bins.ts';
import { normalCdf } from './normal.ts';

/** What a restarted controller needs: [bin, weight, pending] of every bin that is not empty. */
export interface LatencyReferenceState {
  readonly bins: readonly (readonly [number, number, number])[];
}

/** Worth of the lognormal fit that fills the histogram's gaps and tail. */
const PSEUDO_SAMPLES = 50;
/** With fewer samples there is no fit, and no bet. */
const LEAST_SAMPLES = 20;

/**
 * The baseline's latency distribution F̂0 as known before the current second: a decayed histogram
 * plus a lognormal fit. Like {@link BaselineRate} it is predictable, and wrong values cost power only.
 */
export class LatencyReference {
  readonly #memory: Memory;
  readonly #weights = new Float64Array(BIN_COUNT);
  readonly #pending = new Float64Array(BIN_COUNT);
  /** Weight below each bin. */
  readonly #below = new Float64Array(BIN_COUNT + 1);
  #pendingTotal = 0;
  #pendingLowest = BIN_COUNT;
  #pendingHighest = -1;
  #lowest = BIN_COUNT;
  #highest = -1;
  #total = 0;
  #mean = 0;
  #deviation = 1;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  get isReady(): boolean {
    return this.#total >= LEAST_SAMPLES;
  }

  add(bin: number, count: number): void {
    this.#pending[bin] = (this.#pending[bin] as number) + count;
    this.#pendingTotal += count;
    if (bin < this.#pendingLowest) this.#pendingLowest = bin;
    if (bin > this.#pendingHighest) this.#pendingHighest = bin;
  }

  tick(seconds: number): void {
    if (this.#pendingTotal === 0) return;
    const kept = retention(this.#memory, seconds, this.#pendingTotal);
    this.#lowest = Math.min(this.#lowest, this.#pendingLowest);
    this.#highest = Math.max(this.#highest, this.#pendingHighest);
    for (let bin = this.#lowest; bin <= this.#highest; bin++) {
      this.#weights[bin] = (this.#weights[bin] as number) * kept + (this.#pending[bin] as number);
      this.#pending[bin] = 0;
    }
    this.#pendingTotal = 0;
    this.#fit();
  }

  #fit(): void {
    let total = 0;
    let sum = 0;
    let squares = 0;
    // Moments about a point inside the data, so that close values do not cancel.
    const origin = binLogLatency(this.#lowest);
    for (let bin = this.#lowest; bin <= this.#highest; bin++) {
      const weight = this.#weights[bin] as number;
      this.#below[bin] = total;
      total += weight;
      const x = binLogLatency(bin) - origin;
      sum += weight * x;
      squares += weight * x * x;
    }
    this.#total = total;
    const mean = sum / total;
    this.#mean = origin + mean;
    // A service whose answers all take the same time still has a spread of about a bin.
    this.#deviation = Math.sqrt(Math.max(squares / total - mean * mean, 1e-4));
  }

  /** F̂0 in the middle of a bin. */
  below(bin: number): number {
    const inside = bin < this.#lowest || bin > this.#highest ? 0 : (this.#weights[bin] as number);
    const fitted = normalCdf((binLogLatency(bin) - this.#mean) / this.#deviation);
    return (
      (this.#weightBelow(bin) + inside / 2 + PSEUDO_SAMPLES * fitted) /
      (this.#total + PSEUDO_SAMPLES)
    );
  }

  /** 1 − F̂0 at the upper end of a bin. */
  above(bin: number): number {
    const fitted = normalCdf(
      (this.#mean - (binLogLatency(bin) + binLogLatency(bin + 1)) / 2) / this.#deviation,
    );
    const above = this.#total - this.#weightBelow(bin + 1);
    return (above + PSEUDO_SAMPLES * fitted) / (this.#total + PSEUDO_SAMPLES);
  }

  /** The lowest bin that at most 1 − q of the baseline exceeds. */
  quantileBin(q: number): number {
    let low = 0;
    let high = BIN_COUNT - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.above(middle) <= 1 - q) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #weightBelow(bin: number): number {
    if (bin <= this.#lowest) return 0;
    return bin > this.#highest ? this.#total : (this.#below[bin] as number);
  }

  save(): LatencyReferenceState {
    const bins: [number, number, number][] = [];
    for (let bin = 0; bin < BIN_COUNT; bin++) {
      const weight = this.#weights[bin] as number;
      const pending = this.#pending[bin] as number;
      if (weight > 0 || pending > 0) bins.push([bin, weight, pending]);
    }
    return { bins };
  }

  load(state: LatencyReferenceState): void {
    this.#weights.fill(0);
    this.#pending.fill(0);
    this.#pendingTotal = 0;
    this.#total = 0;
    this.#pendingLowest = this.#lowest = BIN_COUNT;
    this.#pendingHighest = this.#highest = -1;
    for (const [bin, weight, pending] of state.bins) {
      if (pending > 0) this.add(bin, pending);
      if (weight === 0) continue;
      this.#weights[bin] = weight;
      this.#total += weight;
      this.#lowest = Math.min(this.#lowest, bin);
      this.#highest = Math.max(this.#highest, bin);
    }
    if (this.#total > 0) this.#fit();
  }
}
