/** What a restarted controller needs. */
export interface StageMixtureState {
  readonly log: number;
  readonly starts: readonly number[];
}

/**
 * Shares of the evidence that begin at each stage's start, for the test that ends stage `last`. Half
 * of it begins with the stage itself, so that an incident in an earlier stage costs little.
 */
export function stageShares(last: number): readonly number[] {
  if (last === 0) return [1];
  if (last === 1) return [0.5, 0.5];
  return [0.3, ...Array.from({ length: last - 1 }, () => 0.2 / (last - 1)), 0.5];
}

/** One martingale, mixed over where it starts: Σ v_j · exp(l − l at the start of stage j). */
export class StageMixture {
  readonly #shares: readonly number[];
  #log = 0;
  /** ln of the martingale at the start of each stage that has begun. */
  #starts: number[] = [];

  constructor(last: number) {
    this.#shares = stageShares(last);
  }

  startStage(stage: number): void {
    while (this.#starts.length <= stage) this.#starts.push(this.#log);
  }

  grow(logFactor: number): void {
    // A log beyond any verdict is kept finite, so that later differences are not NaN.
    this.#log = Math.min(1e12, Math.max(-1e12, this.#log + logFactor));
  }

  get evidence(): number {
    let sum = 0;
    this.#shares.forEach((share, stage) => {
      const start = this.#starts[stage];
      sum += start === undefined ? share : share * Math.exp(Math.min(500, this.#log - start));
    });
    return sum;
  }

  save(): StageMixtureState {
    return { log: this.#log, starts: this.#starts };
  }

  load(state: StageMixtureState): void {
    this.#log = state.log;
    this.#starts = [...state.starts];
  }
}
