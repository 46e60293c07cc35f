import { judgeShare, shareInterval } from './share.ts';

describe('judgeShare', () => {
  it.each([
    [5, 12, 200, 'pass'],
    [5, 0, 200, 'pass'],
    [5, 0, 1_000, 'fail'],
    [50, 100, 200, 'pass'],
    [50, 40, 200, 'fail'],
    [25, 190, 200, 'fail'],
    [0, 0, 200, 'pass'],
    [0, 1, 200, 'fail'],
    [100, 200, 200, 'pass'],
    [100, 199, 200, 'fail'],
  ] as const)('at %i %% asked, %i of %i measured is a %s', (weight, hits, total, outcome) => {
    expect(judgeShare(weight, hits, total).outcome).toBe(outcome);
  });
});

describe('shareInterval', () => {
  it('is everything without data and stays inside 0 to 1', () => {
    expect(shareInterval(0, 0)).toEqual({ low: 0, high: 1 });
    expect(shareInterval(0, 10).low).toBe(0);
    expect(shareInterval(10, 10).high).toBe(1);
  });
});
