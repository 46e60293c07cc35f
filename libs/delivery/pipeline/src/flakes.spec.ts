import { applyQuarantine, findFlakes, quarantineFlakes } from './flakes.ts';
import { expectedMs, noTimings, recordDurations } from './timings.ts';

const outcome = (test: string, commit: string, passed: boolean) => ({ test, commit, passed });

describe('findFlakes', () => {
  it('calls a test flaky that fails and then passes on one commit', () => {
    expect(findFlakes([outcome('a', '1', false), outcome('a', '1', true)])).toEqual(['a']);
  });

  it('does not when the commit changed in between', () => {
    expect(findFlakes([outcome('a', '1', false), outcome('a', '2', true)])).toEqual([]);
  });

  it('does not when it passed first: the commit may have been rebuilt on another base', () => {
    expect(findFlakes([outcome('a', '1', true), outcome('a', '1', false)])).toEqual([]);
  });
});

describe('the quarantine', () => {
  const quarantine = quarantineFlakes({ tests: [] }, ['a'], {
    owner: 'delivery',
    today: '2026-01-30',
    days: 14,
  });

  it('has an owner and an end', () => {
    expect(quarantine.tests[0]).toMatchObject({ owner: 'delivery', expires: '2026-02-13' });
  });

  it('tolerates a failure until its last day', () => {
    const verdict = applyQuarantine(['a', 'b'], quarantine, '2026-02-13');
    expect(verdict).toMatchObject({ failures: ['b'], tolerated: [{ test: 'a' }], expired: [] });
  });

  it('counts the failure again the day after, and says so', () => {
    const verdict = applyQuarantine(['a'], quarantine, '2026-02-14');
    expect(verdict).toMatchObject({ failures: ['a'], tolerated: [], expired: [{ test: 'a' }] });
  });

  it('is not extended by flaking again', () => {
    const later = { owner: 'x', today: '2026-02-10', days: 14 };
    expect(quarantineFlakes(quarantine, ['a'], later)).toEqual(quarantine);
  });
});

describe('timings', () => {
  it('expect the median, which one slow run does not move', () => {
    let timings = noTimings;
    for (const duration of [100, 110, 9000])
      timings = recordDurations(timings, { 'a:test': duration });
    expect(expectedMs(timings, 'a:test')).toBe(110);
  });

  it('expect of a new project what its target takes elsewhere', () => {
    expect(expectedMs(recordDurations(noTimings, { 'a:test': 70 }), 'b:test')).toBe(70);
  });

  it('remember nine runs', () => {
    let timings = noTimings;
    for (let i = 0; i < 20; i++) timings = recordDurations(timings, { 'a:test': i });
    expect(timings.durationsMs['a:test']).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19]);
  });
});
