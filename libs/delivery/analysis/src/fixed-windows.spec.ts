import { FixedWindowJudge, type FixedWindowSnapshot } from './fixed-windows.ts';

const WINDOWS = [
  { weight: 0.05, durationMs: 60_000 },
  { weight: 0.5, durationMs: 60_000 },
];

function filled(failures: number, options: { slow?: boolean; failedRuns?: number } = {}) {
  const judge = new FixedWindowJudge({ windows: WINDOWS });
  judge.startStage({ atMs: 0 });
  for (let i = 0; i < 1000; i++) {
    judge.observe({
      arm: 'canary',
      ok: i >= failures,
      latencyMs: options.slow && i % 50 === 0 ? 900 : 80,
      business: i % 5 === 0 ? i / 5 >= (options.failedRuns ?? 0) : undefined,
      atMs: 50 * i,
    });
  }
  return judge;
}

describe('fixed windows', () => {
  it('wait for the end of the window, whatever happens in it', () => {
    const judge = filled(1000);
    expect(judge.decision()).toMatchObject({ action: 'continue', reason: 'dwell' });
    judge.tick(60_000);
    expect(judge.decision()).toMatchObject({ action: 'rollback', metric: 'errors' });
  });

  it('pass at their thresholds, stage by stage', () => {
    const judge = filled(10, { failedRuns: 4 });
    judge.tick(60_000);
    expect(judge.decision().action).toBe('advance');
    judge.startStage({ atMs: 60_000 });
    judge.observeInterval({
      fromMs: 60_000,
      toMs: 120_000,
      baseline: { requests: 10, failures: 0 },
      canary: { requests: 10, failures: 0, latency: { bins: [300], counts: [10] } },
    });
    judge.tick(120_000);
    expect(judge.decision().action).toBe('promote');
    judge.startGuard({ atMs: 120_000 });
    expect(judge.decision().action).toBe('finish');
  });

  it.each([
    ['latency', { slow: true }],
    ['business', { failedRuns: 5 }],
  ])('roll back above the threshold for %s', (metric, options) => {
    const judge = filled(0, options);
    judge.tick(60_000);
    expect(judge.decision()).toMatchObject({ action: 'rollback', verdict: 'fail', metric });
  });

  it('hold when the canary answered nothing', () => {
    const judge = new FixedWindowJudge({ windows: WINDOWS });
    expect(judge.decision().reason).toBe('not-started');
    judge.startStage({ atMs: 0 });
    judge.tick(60_000);
    expect(judge.decision()).toMatchObject({ action: 'hold', verdict: 'no-data' });
  });

  it('go on after a restart', () => {
    const judge = filled(11);
    const text = JSON.stringify(judge.snapshot());
    const restored = FixedWindowJudge.restore(JSON.parse(text) as FixedWindowSnapshot);
    restored.tick(60_000);
    expect(restored.decision()).toMatchObject({ action: 'rollback', metric: 'errors' });
  });

  it('need at least one window', () => {
    expect(() => new FixedWindowJudge({ windows: [] })).toThrow('no windows');
  });
});
