import { normalQuantile } from '../src/index.ts';

const CELLS = 4096;
const QUANTILES = Float64Array.from({ length: CELLS + 1 }, (_, i) => normalQuantile(i / CELLS));

/** A seeded source of randomness (sfc32): the same seed gives the same world on every machine. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(...seeds: readonly number[]) {
    [this.#a, this.#b, this.#c] = [0x1e3779b9, 0x243f6a88, 0x37e15162];
    for (const seed of seeds) {
      this.#a = Math.imul(this.#a ^ seed, 0x85ebca6b) | 0;
      this.#b = (Math.imul(this.#b ^ this.#a, 0xc2b2ae35) + seed) | 0;
      this.#c = (this.#c ^ (this.#b >>> 7)) | 0;
    }
    for (let i = 0; i < 12; i++) this.#next();
  }

  /** Signed 32 bits: every field stays a small integer, or V8 would allocate a number per draw. */
  #next(): number {
    const a = this.#a;
    const b = this.#b;
    const c = this.#c;
    const t = (((a + b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = b ^ (b >>> 9);
    this.#b = (c + (c << 3)) | 0;
    this.#c = (((c << 21) | (c >>> 11)) + t) | 0;
    return t;
  }

  /** Uniform on [0, 1). */
  uniform(): number {
    return (this.#next() >>> 0) / 4294967296;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** Standard normal, by inversion: a table in the middle, the exact quantile in the outer 1/4096. */
  normal(): number {
    const bits = this.#next() >>> 0;
    const cell = bits >>> 20;
    if (cell === 0 || cell === CELLS - 1) return normalQuantile((bits + 0.5) / 4294967296);
    const from = QUANTILES[cell] as number;
    return from + ((QUANTILES[cell + 1] as number) - from) * ((bits & 0xfffff) / 0x100000);
  }

  exponential(mean: number): number {
    return -mean * Math.log(1 - this.uniform());
  }

  /** Exact for small means, the rounded normal above 50, where the difference does not show. */
  poisson(mean: number): number {
    if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    const limit = Math.exp(-mean);
    let count = 0;
    for (let product = this.uniform(); product > limit; product *= this.uniform()) count++;
    return count;
  }
}
