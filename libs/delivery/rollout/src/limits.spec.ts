import { latencyBin } from './latency-histogram.ts';
import { DEFAULT_LIMITS, judgeWindow, tooManyErrors } from './limits.ts';
import type { TrafficCounts } from './traffic-counts.ts';

function counts(requests: number, errors: number, latencyMs: number): TrafficCounts {
  return { requests, errors, latency: { [latencyBin(latencyMs)]: requests } };
}

const steady = counts(1_000, 0, 10);

describe('a limit', () => {
  it.each([
    ['5 % errors', counts(100, 5, 10), steady, /5 of 100 requests failed \(5\.0 %\)/],
    [
      'a p99 above the limit',
      counts(300, 0, 600),
      counts(1_000, 0, 400),
      /p99 is \d+ ms; the limit is 500 ms/,
    ],
    [
      'a median 200 ms above the counterpart',
      counts(20, 0, 210),
      steady,
      /median latency is 2\d\d ms/,
    ],
    [
      'a p99 above the limit with nobody to compare with',
      counts(300, 0, 600),
      counts(0, 0, 1),
      /p99/,
    ],
  ])('is broken by %s', (_name, revision, counterpart, reason) => {
    expect(judgeWindow(DEFAULT_LIMITS, 0, revision, counterpart)).toMatchObject({
      outcome: 'fail',
      reason: expect.stringMatching(reason),
    });
  });

  it.each([
    ['one failed request of ten', counts(10, 1, 10), steady],
    ['a slow machine that slows both', counts(300, 0, 600), counts(1_000, 0, 600)],
    ['one slow request', counts(1, 0, 5_000), steady],
    ['twice a tiny latency', counts(300, 0, 4), counts(1_000, 0, 1)],
    ['no requests at all', counts(0, 0, 1), counts(0, 0, 1)],
  ])('is kept by %s', (_name, revision, counterpart) => {
    expect(judgeWindow(DEFAULT_LIMITS, 0, revision, counterpart).outcome).toBe('pass');
  });
});

describe('tooManyErrors', () => {
  it('looks at errors alone, and at more than two of them', () => {
    expect(tooManyErrors(DEFAULT_LIMITS, counts(100, 5, 10))?.outcome).toBe('fail');
    expect(tooManyErrors(DEFAULT_LIMITS, counts(100, 2, 10))).toBeUndefined();
    expect(tooManyErrors(DEFAULT_LIMITS, counts(1_000, 0, 9_000))).toBeUndefined();
  });
});

describe('judgeWindow', () => {
  it('takes few requests for no data, and enough good ones for a pass', () => {
    expect(judgeWindow(DEFAULT_LIMITS, 50, counts(49, 0, 10), steady).outcome).toBe('no-data');
    expect(judgeWindow(DEFAULT_LIMITS, 50, counts(50, 0, 10), steady).outcome).toBe('pass');
  });
});
