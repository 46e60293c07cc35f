import type { MinutePoint } from './minute.ts';
import { SteppedPeer } from './stepped.ts';

const FAILURE_LIMIT = 3;

/** An Argo-style background analysis: a measurement a minute per metric; more than three failures abort. */
export class ArgoRollout extends SteppedPeer {
  readonly #failures = [0, 0, 0];

  protected override minute(number: number, _baseline: MinutePoint, canary: MinutePoint): void {
    const isBad = [canary.errorRate > 0.01, canary.p99Ms > 500, canary.businessFailureRate > 0.02];
    isBad.forEach((bad, metric) => {
      if (bad) this.#failures[metric] = (this.#failures[metric] as number) + 1;
    });
    if (this.#failures.some((count) => count > FAILURE_LIMIT)) this.rollBack();
    else this.followPlan(number);
  }
}
