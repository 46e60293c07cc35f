import fc from 'fast-check';
import { Random } from '../bench/random.ts';
import { CanaryJudge, type JudgeSnapshot } from './judge.ts';
import type { JudgeOptions } from './judge-options.ts';
import { countLatencies } from './latency-bins.ts';
import type { ArmCounts, Outcome } from './outcome.ts';
import { DEFAULT_POLICY } from './policy.ts';

const STAGES = [{ weight: 0.05 }, { weight: 0.25 }, { weight: 0.5 }];

interface Service {
  readonly perSecond?: number;
  readonly errors?: number;
  readonly canaryErrors?: number;
  readonly canarySlow?: number;
  readonly canaryBusiness?: number;
}

/** A second of a service with lognormal latencies; the canary's faults are given. */
function second(random: Random, at: number, weight: number, service: Service = {}): Outcome[] {
  const { perSecond = 100, errors = 0.001, canarySlow = 1, canaryBusiness = 0.01 } = service;
  return Array.from({ length: perSecond }, (_, i) => {
    const isCanary = random.uniform() < weight;
    const failing = isCanary ? (service.canaryErrors ?? errors) : errors;
    return {
      arm: isCanary ? 'canary' : 'baseline',
      ok: random.uniform() >= failing,
      latencyMs: 80 * Math.exp(0.6 * random.normal()) * (isCanary ? canarySlow : 1),
      business:
        random.uniform() < 0.2 ? random.uniform() >= (isCanary ? canaryBusiness : 0.01) : undefined,
      atMs: 1000 * at + (1000 * i) / perSecond,
    } satisfies Outcome;
  });
}

/** Follows the judge's decisions until it says something else than to go on. */
function follow(judge: CanaryJudge, service: Service, seconds: number, seed = 1) {
  const random = new Random(seed);
  const actions: string[] = [];
  let stage = 0;
  let weight = STAGES[0]!.weight;
  judge.startStage({ atMs: 0 });
  for (let at = 0; at < seconds; at++) {
    for (const outcome of second(random, at, weight, service)) judge.observe(outcome);
    const atMs = 1000 * (at + 1);
    judge.tick(atMs);
    const { action } = judge.decision();
    if (action === 'continue') continue;
    actions.push(action);
    if (action === 'advance') {
      weight = STAGES[++stage]!.weight;
      judge.startStage({ atMs });
    } else if (action === 'promote') {
      weight = 0.95;
      judge.startGuard({ atMs });
    } else break;
  }
  return { actions, decision: judge.decision() };
}

function counts(outcomes: readonly Outcome[]): ArmCounts {
  const runs = outcomes.filter(({ business }) => business !== undefined);
  return {
    requests: outcomes.length,
    failures: outcomes.filter(({ ok }) => !ok).length,
    latency: countLatencies(outcomes.map(({ latencyMs }) => latencyMs ?? NaN)),
    business: {
      total: runs.length,
      failures: runs.filter(({ business }) => business === false).length,
    },
  };
}

function feedBatch(judge: CanaryJudge, at: number, outcomes: readonly Outcome[]): void {
  judge.observeInterval({
    fromMs: 1000 * at,
    toMs: 1000 * (at + 1),
    baseline: counts(outcomes.filter(({ arm }) => arm === 'baseline')),
    canary: counts(outcomes.filter(({ arm }) => arm === 'canary')),
  });
}

describe('a rollout', () => {
  it('of a healthy canary advances twice, is promoted, and finishes after the guard', () => {
    const judge = new CanaryJudge({ stages: STAGES, guard: { durationMs: 60_000 } });
    const { actions, decision } = follow(judge, {}, 900);
    expect(actions).toEqual(['advance', 'advance', 'promote', 'finish']);
    expect(decision).toMatchObject({ verdict: 'pass', reason: 'guarded' });
  });

  it.each([
    ['errors', { canaryErrors: 0.05 }],
    ['latency', { canarySlow: 1.5 }],
    ['business', { canaryBusiness: 0.2 }],
  ])('with worse %s is rolled back, and says by how much and from how many', (metric, service) => {
    const judge = new CanaryJudge({ stages: STAGES });
    const { actions, decision } = follow(judge, service, 900);
    expect(actions[actions.length - 1]).toBe('rollback');
    expect(decision).toMatchObject({ verdict: 'fail', reason: 'harm', metric });
    expect(decision.difference?.metric).toBe(metric);
    expect(decision.difference?.difference.estimate).toBeGreaterThan(metric === 'latency' ? 1 : 0);
    expect(decision.requests.canary).toBeGreaterThan(0);
    expect(decision.sentence).toMatch(/^The canary (fails more often|is slower): .+\.$/);
    expect(decision.next).toBe('All traffic goes back to the stable revision.');
  });

  it('rolls back during the guard, too', () => {
    const judge = new CanaryJudge({ stages: STAGES });
    const random = new Random(3);
    judge.startGuard({ atMs: 0 });
    for (let at = 0; at < 120; at++) {
      for (const outcome of second(random, at, 0.95, { canaryErrors: 0.05 }))
        judge.observe(outcome);
    }
    expect(judge.decision()).toMatchObject({ action: 'rollback', metric: 'errors' });
  });

  it('survives an incident that both arms share', () => {
    const judge = new CanaryJudge({ stages: STAGES });
    const random = new Random(5);
    judge.startStage({ atMs: 0 });
    for (let at = 0; at < 60; at++) {
      const errors = at > 20 && at < 40 ? 0.3 : 0.001;
      for (const outcome of second(random, at, 0.05, { errors })) judge.observe(outcome);
    }
    expect(judge.decision().action).toBe('continue');
  });

  it('judges a service without latencies and runs by its errors alone', () => {
    const judge = new CanaryJudge({ stages: [{ weight: 0.5 }] });
    const random = new Random(6);
    judge.startStage({ atMs: 0 });
    let action = 'continue';
    for (let at = 0; at < 400 && action === 'continue'; at++) {
      for (const { arm, ok, atMs } of second(random, at, 0.5)) judge.observe({ arm, ok, atMs });
      judge.tick(1000 * (at + 1));
      action = judge.decision().action;
    }
    expect(action).toBe('promote');
  });

  it('tests further metrics beside the three', () => {
    const judge = new CanaryJudge({
      stages: STAGES,
      policy: {
        further: [
          {
            name: 'cache',
            share: 0.2,
            margin: 0.05,
            harm: DEFAULT_POLICY.errors,
          },
        ],
      },
    });
    const random = new Random(7);
    judge.startStage({ atMs: 0 });
    for (let at = 0; at < 60; at++) {
      for (const outcome of second(random, at, 0.05)) {
        const isGood = outcome.arm === 'baseline' || random.uniform() > 0.3;
        judge.observe({ ...outcome, further: { cache: isGood } });
      }
    }
    expect(judge.decision()).toMatchObject({ action: 'rollback', metric: 'cache' });
  });
});

describe('a judge that must not promote', () => {
  it('holds as no-data at the deadline when nothing arrives', () => {
    const judge = new CanaryJudge({ stages: STAGES });
    judge.startStage({ atMs: 0 });
    judge.tick(3_600_000);
    expect(judge.decision()).toMatchObject({
      action: 'hold',
      verdict: 'no-data',
      isResumable: false,
    });
  });

  it('holds in a gap of telemetry and goes on after it', () => {
    const judge = new CanaryJudge({ stages: STAGES });
    judge.startStage({ atMs: 0 });
    judge.observe({ arm: 'baseline', ok: true, atMs: 500 });
    judge.tick(31_000);
    expect(judge.decision()).toMatchObject({ action: 'hold', reason: 'gap', isResumable: true });
    judge.observe({ arm: 'baseline', ok: true, atMs: 32_000 });
    expect(judge.decision().action).toBe('continue');
  });

  it.each([
    ['hold', 'hold'],
    ['rollback', 'rollback'],
  ] as const)('does at the deadline what it was told: %s', (onDeadline, action) => {
    const judge = new CanaryJudge({
      stages: [{ weight: 0.05, deadlineMs: 20_000 }],
      onDeadline,
    });
    const random = new Random(8);
    judge.startStage({ atMs: 0 });
    for (let at = 0; at < 20; at++) {
      for (const outcome of second(random, at, 0.05, { perSecond: 10 })) judge.observe(outcome);
    }
    judge.tick(20_000);
    expect(judge.decision()).toMatchObject({ action, verdict: 'inconclusive', reason: 'deadline' });
  });

  it('decides nothing before the dwell', () => {
    const judge = new CanaryJudge({ stages: [{ weight: 0.5, dwellMs: 600_000 }] });
    const random = new Random(9);
    judge.startStage({ atMs: 0 });
    for (let at = 0; at < 300; at++) feedBatch(judge, at, second(random, at, 0.5));
    judge.tick(300_000);
    expect(judge.decision()).toMatchObject({
      action: 'continue',
      verdict: 'pass',
      reason: 'dwell',
    });
  });

  it('holds when the split is not the one that was asked for', () => {
    const judge = new CanaryJudge({ stages: STAGES });
    const random = new Random(10);
    judge.startStage({ atMs: 0 });
    for (let at = 0; at < 60; at++) feedBatch(judge, at, second(random, at, 0.08));
    judge.tick(60_000);
    expect(judge.decision()).toMatchObject({ action: 'hold', reason: 'sample-ratio' });
  });

  it('rolls back a canary that stops reporting one metric, and says so', () => {
    const judge = new CanaryJudge({ stages: STAGES });
    const random = new Random(11);
    judge.startStage({ atMs: 0 });
    for (let at = 0; at < 120; at++) {
      for (const outcome of second(random, at, 0.05)) {
        const isLost = outcome.arm === 'canary';
        judge.observe({ ...outcome, business: isLost ? undefined : outcome.business });
      }
    }
    judge.tick(120_000);
    expect(judge.decision()).toMatchObject({ action: 'rollback', metric: 'business' });
    expect(judge.decision().sentence).toContain("The canary's runs are missing: it reported 0");
  });

  it('checks the split on what was routed when that is reported', () => {
    const judge = new CanaryJudge({ stages: STAGES, allocation: 'reported' });
    judge.startStage({ atMs: 0 });
    judge.routed('baseline', 5000);
    judge.routed('canary', 0);
    judge.routed('canary', NaN);
    judge.tick(1000);
    expect(judge.decision()).toMatchObject({ action: 'hold', reason: 'sample-ratio' });
    expect(judge.status().ignored).toBe(1);
  });
});

describe('hard limits', () => {
  it('roll back whatever the baseline does', () => {
    const judge = new CanaryJudge({ stages: STAGES, limits: [{ metric: 'errors', above: 0.05 }] });
    const random = new Random(12);
    judge.startStage({ atMs: 0 });
    for (let at = 0; at < 60; at++) feedBatch(judge, at, second(random, at, 0.05, { errors: 0.2 }));
    judge.tick(60_000);
    expect(judge.decision()).toMatchObject({
      action: 'rollback',
      reason: 'hard-limit',
      metric: 'errors',
    });
  });

  it('may be set on slow answers', () => {
    const judge = new CanaryJudge({
      stages: STAGES,
      limits: [{ metric: 'latency', slowerThanMs: 200, above: 0.01 }],
    });
    const random = new Random(13);
    judge.startStage({ atMs: 0 });
    for (let at = 0; at < 40; at++) feedBatch(judge, at, second(random, at, 0.05));
    judge.tick(40_000);
    expect(judge.decision().sentence).toContain('longer than 200 ms');
  });
});

describe('outcomes', () => {
  it('count once per session, and every time when the unit is the request', () => {
    for (const [unit, expected] of [
      ['session', 1],
      ['request', 12],
    ] as const) {
      const judge = new CanaryJudge({ stages: STAGES, unit });
      judge.startStage({ atMs: 0 });
      for (let i = 0; i < 12; i++) {
        judge.observe({ arm: 'canary', ok: false, session: 'one angry client', atMs: i });
      }
      expect(judge.status().requests.canary).toBe(expected);
    }
  });

  it('of a warming canary are bet on by errors and not by latency', () => {
    const judge = new CanaryJudge({ stages: STAGES });
    const random = new Random(14);
    judge.startStage({ atMs: 0 });
    for (let at = 0; at < 29; at++)
      feedBatch(judge, at, second(random, at, 0.05, { canarySlow: 3 }));
    const [errors, latency] = judge.status().harm.metrics;
    expect(latency).toMatchObject({ metric: 'latency' });
    expect(latency!.evidence).toBeCloseTo(1, 10);
    expect(errors!.evidence).not.toBeCloseTo(1, 3);
  });

  it('give the same evidence one by one and as counts, in any order and with any weights', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(0.05, 0.5), (seed, weight) => {
        const options: JudgeOptions = { stages: STAGES, policy: { warmUpMs: 2000 } };
        const [stream, batch] = [new CanaryJudge(options), new CanaryJudge(options)];
        const random = new Random(seed);
        for (const judge of [stream, batch]) judge.startStage({ atMs: 0 });
        for (let at = 0; at < 14; at++) {
          const outcomes = second(random, at, weight, { perSecond: 40, errors: 0.05 });
          const [early, late] = [outcomes.slice(0, 20), outcomes.slice(20)];
          for (const outcome of outcomes) {
            stream.observe({ ...outcome, weight: early.includes(outcome) ? 0.05 : weight });
          }
          for (const [part, share] of [
            [late, weight],
            [early, 0.05],
          ] as const) {
            batch.observeInterval({
              fromMs: 1000 * at,
              toMs: 1000 * (at + 1),
              weight: share,
              baseline: counts(part.filter(({ arm }) => arm === 'baseline')),
              canary: counts(part.filter(({ arm }) => arm === 'canary')),
            });
          }
        }
        for (const one of [stream, batch]) one.tick(14_000);
        const [a, b] = [stream.status(), batch.status()];
        expect(b.requests).toEqual(a.requests);
        expect(b.harm.evidence / a.harm.evidence).toBeCloseTo(1, 9);
        a.promotion.forEach(({ evidence }, i) => {
          expect(b.promotion[i]!.evidence / evidence).toBeCloseTo(1, 9);
        });
      }),
      { numRuns: 15 },
    );
  });
});

describe('a snapshot', () => {
  it('travels as JSON, and the restored judge goes on exactly', () => {
    const random = new Random(15);
    const original = new CanaryJudge({
      stages: STAGES,
      limits: [{ metric: 'errors', above: 0.5 }],
    });
    original.startStage({ atMs: 0 });
    let copy: CanaryJudge | undefined;
    for (let at = 0; at < 80; at++) {
      const outcomes = second(random, at, 0.05).map((outcome, i) => ({
        ...outcome,
        session: `${at}-${i % 60}`,
      }));
      for (const outcome of outcomes.slice(0, 50)) {
        original.observe(outcome);
        copy?.observe(outcome);
      }
      // In the middle of a second, where everything is pending.
      if (at === 45) {
        const text = JSON.stringify(original.snapshot());
        copy = CanaryJudge.restore(JSON.parse(text) as JudgeSnapshot);
      }
      for (const outcome of outcomes.slice(50)) {
        original.observe(outcome);
        copy?.observe(outcome);
      }
    }
    expect(copy!.status()).toEqual(original.status());
    expect(copy!.decision()).toEqual(original.decision());
    expect(copy!.snapshot()).toEqual(original.snapshot());
  });

  it('before the first stage is restored unstarted', () => {
    const text = JSON.stringify(new CanaryJudge({ stages: STAGES }).snapshot());
    const judge = CanaryJudge.restore(JSON.parse(text) as JudgeSnapshot);
    expect(judge.decision().reason).toBe('not-started');
  });

  it.each([[{}], [null], [{ version: 1, options: { stages: STAGES } }]])(
    'that is none is refused: %j',
    (text) => {
      expect(() => CanaryJudge.restore(text as unknown as JudgeSnapshot)).toThrow(
        expect.objectContaining({ code: 'SNAPSHOT_INVALID' }),
      );
    },
  );
});

describe('a plan', () => {
  it.each([[[]], [[{ weight: 0 }]], [[{ weight: 1 }]], [[{ weight: 0.5 }, { weight: 0.2 }]]])(
    'with stages %j is refused',
    (stages) => {
      expect(() => new CanaryJudge({ stages })).toThrow(
        expect.objectContaining({ code: 'PLAN_INVALID' }),
      );
    },
  );

  it('whose shares promise too much is refused', () => {
    const shares = { errors: 0.9, latency: 0.9, business: 0.9 };
    expect(() => new CanaryJudge({ stages: STAGES, policy: { shares } })).toThrow(
      expect.objectContaining({ code: 'POLICY_INVALID' }),
    );
  });
});
