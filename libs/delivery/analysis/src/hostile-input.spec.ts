import fc from 'fast-check';
import { CanaryJudge } from './judge.ts';
import type { IntervalCounts, Outcome } from './outcome.ts';

const anything: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(
    NaN,
    Infinity,
    -Infinity,
    -1,
    0,
    1,
    0.5,
    1e9,
    1e300,
    -0,
    undefined,
    null,
    '',
    'x',
  ),
  fc.double(),
);
const time = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 100_000 }) },
  { weight: 1, arbitrary: anything },
);
const arm = fc.oneof(fc.constantFrom('canary', 'baseline'), anything);

const outcome = fc.record(
  {
    arm,
    ok: fc.oneof(fc.boolean(), anything),
    latencyMs: anything,
    business: fc.oneof(fc.boolean(), anything),
    session: anything,
    weight: anything,
    atMs: time,
  },
  { requiredKeys: [] },
);
const rate = fc.record({ total: anything, failures: anything }, { requiredKeys: [] });
const armCounts = fc.oneof(
  fc.record(
    {
      requests: anything,
      failures: anything,
      latency: fc.oneof(
        anything,
        fc.record({ bins: fc.array(anything), counts: fc.array(anything) }),
      ),
      business: fc.oneof(anything, rate),
    },
    { requiredKeys: [] },
  ),
  anything,
);
const interval = fc.record(
  { fromMs: time, toMs: time, weight: anything, baseline: armCounts, canary: armCounts },
  { requiredKeys: [] },
);

type Step = (judge: CanaryJudge) => void;
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.oneof({ weight: 9, arbitrary: outcome }, anything).map((value) => (judge: CanaryJudge) => {
    judge.observe(value as unknown as Outcome);
  }),
  fc.oneof({ weight: 9, arbitrary: interval }, anything).map((value) => (judge: CanaryJudge) => {
    judge.observeInterval(value as unknown as IntervalCounts);
  }),
  time.map((value) => (judge: CanaryJudge) => {
    judge.tick(value as number);
  }),
  fc.tuple(arm, anything, anything).map(([name, count, weight]) => (judge: CanaryJudge) => {
    judge.routed(name as 'canary', count as number, weight as number);
  }),
  anything.map((value) => (judge: CanaryJudge) => {
    judge.startStage({ atMs: value as number, stage: value as number });
  }),
);

const STAGES = [{ weight: 0.05 }, { weight: 0.5 }];

describe('hostile input', () => {
  it('never throws, never promotes, and leaves evidence that is a number', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, isReported) => {
        const judge = new CanaryJudge({
          stages: STAGES,
          allocation: isReported ? 'reported' : 'outcomes',
          limits: [{ metric: 'errors', above: 0.5 }],
        });
        judge.startStage({ atMs: 0 });
        for (const take of steps) {
          take(judge);
          const { action, harm } = judge.decision();
          expect(action).not.toBe('promote');
          expect(action).not.toBe('advance');
          expect(harm.evidence).toBeGreaterThanOrEqual(0);
        }
        JSON.stringify(judge.status());
        CanaryJudge.restore(JSON.parse(JSON.stringify(judge.snapshot())));
      }),
      { numRuns: 400 },
    );
  });

  it.each([
    ['all fine on the baseline alone', 1e9, 0, 0, 0],
    ['all failed on the canary', 0, 0, 1e9, 1e9],
    ['all failed on both', 1e9, 1e9, 1e9, 1e9],
    ['a fair split of failures', 95e7, 95e6, 5e7, 5e6],
  ])(
    'a batch of 1e9, %s, does not promote',
    (_name, requests, failures, canary, canaryFailures) => {
      const judge = new CanaryJudge({ stages: [{ weight: 0.05 }] });
      judge.startStage({ atMs: 0 });
      for (let at = 0; at < 4; at++) {
        judge.observeInterval({
          fromMs: 60_000 * at,
          toMs: 60_000 * (at + 1),
          baseline: { requests, failures },
          canary: { requests: canary, failures: canaryFailures },
        });
      }
      judge.tick(300_000);
      const { action, harm } = judge.decision();
      expect(['hold', 'rollback', 'continue']).toContain(action);
      expect(harm.evidence).toBeGreaterThanOrEqual(0);
    },
  );

  it.each([0, 1])('weight %d on every outcome moves no evidence', (weight) => {
    const judge = new CanaryJudge({ stages: STAGES });
    judge.startStage({ atMs: 0 });
    for (let i = 0; i < 5000; i++) {
      judge.observe({ arm: i % 2 ? 'canary' : 'baseline', ok: i % 3 > 0, atMs: 20 * i, weight });
    }
    judge.tick(100_000);
    expect(judge.decision()).toMatchObject({ action: 'continue', reason: 'collecting' });
    expect(judge.decision().harm.evidence).toBeCloseTo(1, 10);
  });

  it('a clock that goes back is taken to stand still', () => {
    const judge = new CanaryJudge({ stages: STAGES });
    judge.startStage({ atMs: 1_000_000 });
    judge.observe({ arm: 'baseline', ok: true, atMs: 1_000_500 });
    judge.observe({ arm: 'baseline', ok: true, atMs: 3 });
    judge.tick(-1e18);
    expect(judge.status().atMs).toBe(1_000_500);
    expect(judge.decision().action).toBe('continue');
  });
});
