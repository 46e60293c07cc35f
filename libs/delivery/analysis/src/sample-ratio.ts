import { logJeffreysMixture } from './log-gamma.ts';
import type { Arm } from './outcome.ts';

/** Counts routed under one weight. */
interface Segment {
  readonly weight: number;
  readonly canary: number;
  readonly baseline: number;
}

/** What a restarted controller needs. */
export interface SampleRatioState {
  readonly closed: number;
  readonly segments: readonly Segment[];
}

/** Weights in use at a time are few; the oldest segment is folded into a constant beyond these. */
const MOST_SEGMENTS = 16;

/** ln of the e-value against "each outcome is the canary's with probability `weight`" (two-sided). */
export function logSampleRatio(canary: number, baseline: number, weight: number): number {
  return (
    logJeffreysMixture(canary, baseline) -
    canary * Math.log(weight) -
    baseline * Math.log1p(-weight)
  );
}

/**
 * Watches whether the split is the one that was asked for. Every other statistic rests on that: when
 * this one fires, the proofs are void.
 */
export class SampleRatio {
  #closed = 0;
  #segments: { weight: number; canary: number; baseline: number }[] = [];

  add(arm: Arm, count: number, weight: number): void {
    const segment = this.#segment(weight);
    if (arm === 'canary') segment.canary += count;
    else segment.baseline += count;
  }

  #segment(weight: number): { weight: number; canary: number; baseline: number } {
    const last = this.#segments[this.#segments.length - 1];
    if (last?.weight === weight) return last;
    const at = this.#segments.findIndex((segment) => segment.weight === weight);
    const segment =
      at >= 0
        ? (this.#segments.splice(at, 1)[0] as Segment & { canary: number; baseline: number })
        : { weight, canary: 0, baseline: 0 };
    this.#segments.push(segment);
    if (this.#segments.length > MOST_SEGMENTS) {
      const oldest = this.#segments.shift() as Segment;
      this.#closed += logSampleRatio(oldest.canary, oldest.baseline, oldest.weight);
    }
    return segment;
  }

  /** ln of the e-value over everything seen. */
  get logEvidence(): number {
    let sum = this.#closed;
    for (const { canary, baseline, weight } of this.#segments) {
      sum += logSampleRatio(canary, baseline, weight);
    }
    return sum;
  }

  save(): SampleRatioState {
    return { closed: this.#closed, segments: this.#segments.map((segment) => ({ ...segment })) };
  }

  load(state: SampleRatioState): void {
    this.#closed = state.closed;
    this.#segments = state.segments.map((segment) => ({ ...segment }));
  }
}
