import type { MinutePoint } from './minute.ts';
import { SteppedPeer } from './stepped.ts';

const STEP = 0.05;
const LARGEST = 0.5;
const MOST_FAILED_CHECKS = 5;

/** Flagger: a check a minute (99 % success, p99 of 500 ms); five failed checks roll back. */
export class FlaggerRollout extends SteppedPeer {
  #failed = 0;

  protected override minute(_number: number, _baseline: MinutePoint, canary: MinutePoint): void {
    const isGood = 1 - canary.errorRate >= 0.99 && canary.p99Ms <= 500;
    if (!isGood) {
      if (++this.#failed >= MOST_FAILED_CHECKS) this.rollBack();
    } else if (this.weight >= LARGEST - 1e-9) this.promote();
    else this.weight += STEP;
  }
}
