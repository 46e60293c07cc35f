/**
 * The outcome of a step. `fail` is proven harm, `inconclusive` is not: the evidence does not suffice
 * either way; with `no-data` there was none. Only `pass` moves a rollout forward.
 */
export interface Verdict {
  readonly outcome: 'pass' | 'fail' | 'inconclusive' | 'no-data';
  /** One sentence with the figures, for a person. */
  readonly reason: string;
}

export function pass(reason: string): Verdict {
  return { outcome: 'pass', reason };
}

export function fail(reason: string): Verdict {
  return { outcome: 'fail', reason };
}
