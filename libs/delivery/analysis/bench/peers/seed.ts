import { DEFAULT_WINDOWS, FixedWindowJudge } from '../../src/index.ts';
import type { Controller } from '../controller.ts';
import { Tally } from '../tally.ts';
import type { Second } from '../world.ts';

/** The fixed windows and thresholds this project began with, in the form it still offers them. */
export class SeedRollout implements Controller {
  outcome: Controller['outcome'] = 'running';
  isDone = false;
  weight: number = DEFAULT_WINDOWS[0]?.weight ?? 0;
  readonly #judge = new FixedWindowJudge();
  readonly #tally = new Tally();
  #stage = 0;

  constructor() {
    this.#judge.startStage({ atMs: 0 });
  }

  read(second: Second, at: number): number {
    const { baseline, canary } = this.#tally.count(second);
    const [fromMs, toMs] = [1000 * at, 1000 * (at + 1)];
    this.#judge.observeInterval({
      fromMs,
      toMs,
      baseline: baseline.counts(),
      canary: canary.counts(),
    });
    this.#judge.tick(toMs);
    const { action } = this.#judge.decision();
    if (action === 'advance') {
      this.weight = DEFAULT_WINDOWS[++this.#stage]?.weight ?? 1;
      this.#judge.startStage({ atMs: toMs });
    } else if (action !== 'continue') {
      this.isDone = true;
      this.outcome = ENDS[action] ?? 'held';
      this.weight = action === 'promote' ? 1 : 0;
    }
    return second.count;
  }
}

const ENDS: Partial<Record<string, Controller['outcome']>> = {
  promote: 'promoted',
  rollback: 'rolled-back',
};
