import { summarise } from '@prompt-card/rollout';
import { sampleLogbook } from '../testing/sample-log.ts';

describe('RolloutLogbook', () => {
  it('counts what came since the rollout began, and shares since the last change of weights', () => {
    const { arms } = sampleLogbook().log;
    expect(
      arms.map(({ revisionId, weight, measuredShare }) => [revisionId, weight, measuredShare]),
    ).toEqual([
      ['r1', 95, 95],
      ['r2', 5, 5],
    ]);
    expect(arms.map(({ counts }) => summarise(counts))).toMatchObject([
      { requests: 190, errors: 0 },
      { requests: 10, errors: 1 },
    ]);
  });

  it('has a verdict for every step that is over and none for the one under way', () => {
    const { steps, note } = sampleLogbook().log;
    expect(steps.map(({ verdict }) => verdict?.reason)).toEqual([
      'evidence 0',
      'evidence 1',
      'evidence 2',
      undefined,
    ]);
    expect(note).toBe('10 of 200');
  });
});
