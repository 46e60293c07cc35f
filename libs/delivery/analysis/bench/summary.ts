import { mean, quantile, share, type Figure } from './estimate.ts';
import type { Experiment } from './experiment.ts';
import type { Cell } from './goal.ts';

/** One cell in a few figures, as results.json keeps it. */
export interface CellSummary {
  readonly experiment: Experiment;
  readonly rolledBack: Figure;
  readonly promoted: Figure;
  readonly held: number;
  /** Harmed requests until the roll back, or to the horizon. */
  readonly blast: Figure;
  readonly requests: Figure;
  /** Seconds to the roll back, of those rolled back. */
  readonly rollbackSeconds: Figure | null;
  /** Seconds to promotion, of those promoted. */
  readonly promotionSeconds: Figure | null;
}

export function summarise({ experiment, results }: Cell): CellSummary {
  const count = (outcome: string) => results.filter((result) => result.outcome === outcome).length;
  const rolledBack = results.filter(({ outcome }) => outcome === 'rolled-back');
  const promoted = results.flatMap(({ promotedAt }) => promotedAt ?? []);
  const medianOf = (values: readonly number[]) => (values.length ? quantile(values, 0.5) : null);
  return {
    experiment,
    rolledBack: share(rolledBack.length, results.length),
    promoted: share(promoted.length, results.length),
    held: count('held'),
    blast: mean(results.map((result) => result.blast)),
    requests: mean(results.map(({ requests }) => requests)),
    rollbackSeconds: medianOf(rolledBack.map(({ seconds }) => seconds)),
    promotionSeconds: medianOf(promoted),
  };
}
