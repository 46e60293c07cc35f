/** What a restarted controller needs. */
export interface StageMixtureState {
  readonly log: number;
  readonly starts: readonly number[];
  readonly cash: number;
  readonly fresh: number;
}

/** Part of the evidence that begins at no stage's start but bit by bit, as long as the rollout lasts. */
const TRICKLE = 0.07;
const TRICKLE_SECONDS = 600;
const CEILING = 1e250;

/**
 * Shares of the evidence that begin at each stage's start, for the test that ends stage `last`. Half
 * of it begins with the stage itself, so that an incident in an earlier stage costs little.
 */
export function stageShares(last: number): readonly number[] {
  if (last === 0) return [1];
  if (last === 1) return [0.5, 0.5];
  return [0.3, ...Array.from({ length: last - 1 }, () => 0.2 / (last - 1)), 0.5];
}

/**
 * One martingale l, mixed over where it starts: Σ v_j · exp(l − l at the start of stage j), plus a trickle
 * that starts afresh every second. Without the trickle, a rollout that met an incident in its last
 * stage had to earn back everything the incident burnt.
 */
export class StageMixture {
  readonly #shares: readonly number[];
  #log = 0;
  /** ln of the martingale at the start of each stage that has begun. */
  #starts: number[] = [];
  #cash = TRICKLE;
  #fresh = 0;

  constructor(last: number) {
    this.#shares = stageShares(last);
  }

  startStage(stage: number): void {
    while (this.#starts.length <= stage) this.#starts.push(this.#log);
  }

  grow(logFactor: number): void {
    // A log beyond any verdict is kept finite, so that later differences are not NaN.
    this.#log = Math.min(1e12, Math.max(-1e12, this.#log + logFactor));
    this.#fresh = Math.min(CEILING, this.#fresh * Math.exp(Math.min(700, logFactor)));
  }

  tick(seconds: number): void {
    const moved = this.#cash * -Math.expm1(-seconds / TRICKLE_SECONDS);
    this.#cash -= moved;
    this.#fresh += moved;
  }

  get evidence(): number {
    let sum = 0;
    this.#shares.forEach((share, stage) => {
      const start = this.#starts[stage];
      sum += start === undefined ? share : share * Math.exp(Math.min(500, this.#log - start));
    });
    return (1 - TRICKLE) * sum + this.#cash + this.#fresh;
  }

  save(): StageMixtureState {
    return { log: this.#log, starts: this.#starts, cash: this.#cash, fresh: this.#fresh };
  }

  load(state: StageMixtureState): void {
    this.#log = state.log;
    this.#starts = [...state.starts];
    this.#cash = state.cash;
    this.#fresh = state.fresh;
  }
}
