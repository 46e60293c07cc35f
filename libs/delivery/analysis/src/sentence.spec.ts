import { rateDifference } from './difference.ts';
import { sayHarm, sayNumber, sayShare, sayTime } from './sentence.ts';

describe('words for a person', () => {
  it.each([
    [0.0026, '0.26 %'],
    [0.5, '50 %'],
    [0, '0 %'],
    [0.073, '7.3 %'],
  ])('share %d', (share, words) => {
    expect(sayShare(share)).toBe(words);
  });

  it.each([
    [0, '0 s'],
    [119_000, '119 s'],
    [720_000, '12 min'],
    [9_000_000, '2.5 h'],
  ])('time %d', (durationMs, words) => {
    expect(sayTime(durationMs)).toBe(words);
  });

  it('says numbers of any size with two figures', () => {
    expect([1234, 12.34, 1.234, -0.01234, Infinity].map(sayNumber)).toEqual([
      '1234',
      '12',
      '1.2',
      '-0.012',
      'unbounded',
    ]);
  });

  it('tells a roll back with counts, rates, the difference and its interval', () => {
    const difference = rateDifference(
      'errors',
      { failures: 2, total: 780 },
      { failures: 3, total: 41 },
      0.05,
    );
    expect(sayHarm('errors', difference, 100)).toBe(
      'The canary fails more often: 3 of its 41 requests (7.3 %) against 2 of 780 (0.26 %) on the stable ' +
        'revision, a difference of 7.1 percentage points (95 % interval -1.2 to 29); equal revisions ' +
        'show as much in fewer than 1 of 100 rollouts.',
    );
  });
});
