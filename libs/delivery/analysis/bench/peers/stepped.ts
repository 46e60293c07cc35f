import type { Controller } from '../controller.ts';
import { Tally } from '../tally.ts';
import type { Second } from '../world.ts';
import { Minutes, type MinutePoint } from './minute.ts';

/** Weights by age: the plan every peer but Flagger follows. */
export const PLAN = [
  { weight: 0.05, seconds: 300 },
  { weight: 0.25, seconds: 600 },
  { weight: 0.5, seconds: 900 },
] as const;

/** A peer that looks at minutes: each is added, then the subclass says what to do. */
export abstract class SteppedPeer implements Controller {
  outcome: Controller['outcome'] = 'running';
  isDone = false;
  weight: number = PLAN[0].weight;
  readonly #tally = new Tally();
  readonly #minutes = new Minutes();

  read(second: Second, at: number): number {
    this.#minutes.add(this.#tally.count(second));
    const age = at + 1;
    if (age % 60 === 0) {
      const { baseline, canary } = this.#minutes.take();
      this.minute(age / 60, baseline, canary);
    }
    return second.count;
  }

  /** Called at the end of every minute, counted from one. */
  protected abstract minute(number: number, baseline: MinutePoint, canary: MinutePoint): void;

  protected rollBack(): void {
    this.outcome = 'rolled-back';
    this.isDone = true;
    this.weight = 0;
  }

  protected promote(): void {
    this.outcome = 'promoted';
    this.isDone = true;
    this.weight = 1;
  }

  /** Moves along {@link PLAN}. */
  protected followPlan(minute: number): void {
    let end = 0;
    for (const step of PLAN) {
      end += step.seconds / 60;
      if (minute < end) {
        this.weight = step.weight;
        return;
      }
    }
    this.promote();
  }
}
