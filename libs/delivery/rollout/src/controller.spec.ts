import { fixedAnalyst } from './analyst.ts';
import { type ControllerOptions, runRollout } from './controller.ts';
import { decide } from './decide.ts';
import { MAX_RESTORATIONS } from './keep-capacity.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { type Plan, blueGreenPlan, canaryPlan, installPlan, rollbackPlan } from './plan.ts';
import { replay } from './replay.ts';
import { type OnInconclusive, type Rollout, type RolloutStart, startRollout } from './rollout.ts';
import {
  Crash,
  FakeEnvironment,
  FakeInbox,
  FakeJournal,
  SAMPLE_BLUE_GREEN,
  SAMPLE_CANARY,
  SAMPLE_TIMES,
  sampleChange,
} from './testing/index.ts';

interface World {
  readonly environment: FakeEnvironment;
  readonly journal: FakeJournal;
  readonly inbox: FakeInbox;
}

function start(plan: Plan, onInconclusive: OnInconclusive = 'rollback'): RolloutStart {
  return { id: '1', plan, times: SAMPLE_TIMES, onInconclusive, reason: 'a test' };
}

async function world(
  services: readonly string[] = ['backend'],
  requestsPerSecond = 200,
): Promise<World> {
  const environment = new FakeEnvironment({ requestsPerSecond });
  const created = { environment, journal: new FakeJournal(), inbox: new FakeInbox() };
  const release = services.map((service) => ({
    stable: undefined,
    candidate: sampleChange(service).stable,
    migrates: false,
  }));
  const installed = await work(created, startRollout(start(installPlan(release, SAMPLE_TIMES))));
  expect(installed.phase.kind).toBe('promoted');
  environment.effects.length = 0;
  created.journal.records.length = 0;
  return created;
}

function work(
  { environment, journal, inbox }: World,
  rollout: Rollout,
  fence = 1,
  options: Partial<ControllerOptions> = {},
): Promise<Rollout> {
  return runRollout(
    rollout,
    {
      workload: environment,
      router: environment,
      record: environment,
      analyst: fixedAnalyst(DEFAULT_LIMITS),
      clock: environment.clock,
    },
    {
      journal,
      inbox,
      fence,
      pollIntervalMs: 250,
      retryDelayMs: 1_000,
      onProgress: () => undefined,
      ...options,
    },
  );
}

const backend = sampleChange('backend', true);
const frontend = sampleChange('frontend');
const canary = canaryPlan([backend], SAMPLE_CANARY);

describe('runRollout', () => {
  it('shifts a healthy canary through its stages, promotes it and stops the old revision', async () => {
    const w = await world();
    const rollout = await work(w, startRollout(start(canary)));
    expect(rollout.phase).toEqual({ kind: 'promoted' });
    expect(w.environment.effects).toEqual([
      'migrate backend r2',
      'deploy backend r2',
      'route backend r2=5 r1=95',
      'route backend r2=25 r1=75',
      'route backend r2=50 r1=50',
      'route backend r2=100 r1=0',
      'promote backend r2',
      'retire backend r1',
    ]);
    expect(w.environment.failedByRouting).toBe(0);
  });

  it('rolls back a canary with 5 % errors, by capacity, traffic, then removal', async () => {
    const w = await world();
    w.environment.behave(backend.candidate, { errorRate: 0.05 });
    const rollout = await work(w, startRollout(start(canary)));
    expect(rollout.phase).toMatchObject({
      kind: 'rolled-back',
      reason: expect.stringContaining('requests failed'),
    });
    expect(w.environment.effects.slice(-2)).toEqual([
      'route backend r1=100 r2=0',
      'retire backend r2',
    ]);
    expect(w.environment.runningRevisions('backend')).toEqual(['r1']);
  });

  it('rolls back a canary that is 200 ms slower, although every request succeeds', async () => {
    const w = await world();
    w.environment.behave(backend.candidate, { latencyMs: 205 });
    const rollout = await work(w, startRollout(start(canary)));
    expect(rollout.phase).toMatchObject({
      kind: 'rolled-back',
      reason: expect.stringContaining('median latency'),
    });
  });

  it.each([
    ['never becomes healthy', { neverHealthy: true }, 'did not become healthy'],
    ['crashes on start', { crashesOnStart: true }, 'does not run'],
    ['dies at its first stage', { diesAfterMs: 2_000 }, 'does not run'],
  ])('rolls back a candidate that %s', async (_name, behaviour, reason) => {
    const w = await world();
    w.environment.behave(backend.candidate, behaviour);
    const rollout = await work(w, startRollout(start(canary)));
    expect(rollout.phase).toMatchObject({
      kind: 'rolled-back',
      reason: expect.stringContaining(reason),
    });
    expect(w.environment.weights('backend')).toMatchObject({ r1: 100 });
  });

  it('takes no traffic for no evidence: it pauses, or rolls back where that is asked for', async () => {
    const paused = await work(await world(['backend'], 0), startRollout(start(canary, 'pause')));
    expect(paused.phase).toMatchObject({
      kind: 'paused',
      reason: expect.stringContaining('only 0 requests'),
    });
    const back = await work(await world(['backend'], 0), startRollout(start(canary, 'rollback')));
    expect(back.phase.kind).toBe('rolled-back');
  });

  it('takes a first installation back that fails half-way: the service is empty as it was', async () => {
    const environment = new FakeEnvironment({ requestsPerSecond: 0 });
    const w = { environment, journal: new FakeJournal(), inbox: new FakeInbox() };
    const release = [backend, frontend].map(({ stable }) => ({
      stable: undefined,
      candidate: stable,
      migrates: false,
    }));
    environment.behave(frontend.stable, { neverHealthy: true });
    const rollout = await work(w, startRollout(start(installPlan(release, SAMPLE_TIMES))));
    expect(rollout.phase.kind).toBe('rolled-back');
    expect(environment.runningRevisions('backend')).toEqual([]);
    expect(environment.weights('backend')).toEqual({});
  });

  it('rolls back at once when somebody aborts in mid-analysis', async () => {
    const w = await world();
    w.inbox.put({ kind: 'abort-requested', by: 'ada', reason: 'looks odd' }, 12);
    const rollout = await work(w, startRollout(start(canary)));
    expect(rollout.phase).toEqual({ kind: 'rolled-back', reason: 'aborted by ada: looks odd' });
    expect(w.environment.weights('backend')).toEqual({ r1: 100 });
  });

  it('previews blue-green without traffic, switches at once and keeps the old revision through the bake', async () => {
    const w = await world(['backend', 'frontend']);
    const rollout = await work(
      w,
      startRollout(start(blueGreenPlan([backend, frontend], SAMPLE_BLUE_GREEN))),
    );
    expect(rollout.phase.kind).toBe('promoted');
    expect(w.environment.effects).toEqual([
      'migrate backend r2',
      'deploy backend r2',
      'deploy frontend r2',
      'route backend r2=100 r1=0',
      'route frontend r2=100 r1=0',
      'promote backend r2',
      'promote frontend r2',
      'retire backend r1',
      'retire frontend r1',
    ]);
    expect(w.environment.failedByRouting).toBe(0);
  });

  it('rolls a release set back together, last service first', async () => {
    const w = await world(['backend', 'frontend']);
    w.environment.behave(frontend.candidate, { neverHealthy: true });
    const rollout = await work(
      w,
      startRollout(start(canaryPlan([backend, frontend], SAMPLE_CANARY))),
    );
    expect(rollout.phase.kind).toBe('rolled-back');
    expect(w.environment.effects.slice(-4)).toEqual([
      'route frontend r1=100 r2=0',
      'retire frontend r2',
      'route backend r1=100 r2=0',
      'retire backend r2',
    ]);
  });

  it('goes back from a promoted revision without analysis and brings the old one up first', async () => {
    const w = await world();
    await work(w, startRollout(start(canary)));
    w.environment.effects.length = 0;
    const back = await work(w, startRollout(start(rollbackPlan([backend], SAMPLE_TIMES))));
    expect(back.phase.kind).toBe('rolled-back');
    expect(w.environment.effects).toEqual([
      'deploy backend r1',
      'route backend r1=100 r2=0',
      'promote backend r1',
      'retire backend r2',
    ]);
    expect(w.environment.failedByRouting).toBe(0);
  });

  it('retries a rollback step that fails and ends blocked, with the service still routed', async () => {
    const w = await world();
    await work(w, startRollout(start(canary)));
    w.environment.behave(backend.stable, { neverHealthy: true });
    const back = await work(w, startRollout(start(rollbackPlan([backend], SAMPLE_TIMES))));
    expect(back.phase.kind).toBe('blocked');
    expect(w.environment.weights('backend')).toMatchObject({ r2: 100 });
    w.environment.behave(backend.stable, {});
    await w.environment.retire(backend.stable);
    const again = await work(
      w,
      decide(back, { kind: 'abort-requested', by: 'ada', reason: 'again' }),
    );
    expect(again.phase.kind).toBe('rolled-back');
  });

  it('is stopped by a newer fence and leaves everything to its holder', async () => {
    const w = await world();
    await w.environment.route('backend', [{ revision: backend.stable, weight: 100 }], 7);
    await expect(work(w, startRollout(start(canary)), 1)).rejects.toMatchObject({
      code: 'LEASE_LOST',
    });
  });

  it('brings a stable revision back that is killed in mid-rollout, and goes on', async () => {
    const w = await world();
    let looks = 0;
    const rollout = await work(w, startRollout(start(canary)), 1, {
      onProgress: (progress) => {
        if (progress.kind !== 'look' || progress.step.kind !== 'analyse') return;
        looks += 1;
        if (looks === 10) w.environment.kill(backend.stable);
      },
    });
    expect(rollout.phase.kind).toBe('promoted');
    expect(w.environment.effects).toEqual([
      'migrate backend r2',
      'deploy backend r2',
      'route backend r2=5 r1=95',
      'deploy backend r1',
      'route backend r2=25 r1=75',
      'route backend r2=50 r1=50',
      'route backend r2=100 r1=0',
      'promote backend r2',
      'retire backend r1',
    ]);
  });

  it('brings a revision back so often and no more', async () => {
    const w = await world();
    const rollout = await work(w, startRollout(start(canary)), 1, {
      onProgress: (progress) => {
        if (progress.kind === 'look' && progress.step.kind === 'analyse') {
          w.environment.kill(backend.stable);
        }
      },
    });
    expect(rollout.phase.kind).toBe('promoted');
    const restored = w.environment.effects.filter((effect) => effect === 'deploy backend r1');
    expect(restored).toHaveLength(MAX_RESTORATIONS);
  });

  it('begins an analysis anew when the router has forgotten its counts, and is not misled', async () => {
    const w = await world();
    const at: number[] = [];
    const rollout = await work(w, startRollout(start(canary)), 1, {
      onProgress: (progress) => {
        if (progress.kind !== 'look') return;
        at.push(progress.rollout.cursor);
        if (at.length % 60 === 30 && at.length < 200) w.environment.restartRouter();
      },
    });
    expect(rollout.phase.kind).toBe('promoted');
    expect(w.environment.failedByRouting).toBe(0);
  });

  it('asks a person when the router forgets its counts again and again', async () => {
    const w = await world();
    const rollout = await work(w, startRollout(start(canary, 'pause')), 1, {
      onProgress: (progress) => {
        if (progress.kind === 'look' && progress.step.kind === 'analyse') {
          w.environment.restartRouter();
        }
      },
    });
    expect(rollout.phase).toMatchObject({
      kind: 'paused',
      reason: expect.stringContaining('restarted'),
    });
  });

  it('does not end a window early when the wall clock jumps', async () => {
    const w = await world();
    let looks = 0;
    const rollout = await work(w, startRollout(start(canary)), 1, {
      onProgress: (progress) => {
        if (progress.kind === 'look' && progress.step.kind === 'analyse') {
          looks += 1;
          if (looks === 3) w.environment.clock.jump(3_600_000);
          if (looks === 6) w.environment.clock.jump(-7_200_000);
        }
      },
    });
    expect(rollout.phase.kind).toBe('promoted');
    expect(looks).toBeGreaterThan(3 * 38);
  });
});

describe('a controller that dies at any record of the journal', () => {
  const plans: readonly [string, Plan, boolean][] = [
    ['canary that passes', canary, false],
    ['canary that fails', canary, true],
    ['blue-green that passes', blueGreenPlan([backend], SAMPLE_BLUE_GREEN), false],
    ['blue-green that fails', blueGreenPlan([backend], SAMPLE_BLUE_GREEN), true],
  ];

  it.each(plans)('is replaced by one that finishes the %s', async (_name, plan, fails) => {
    const behave = (w: World) => {
      if (fails) w.environment.behave(backend.candidate, { errorRate: 0.2 });
      return w;
    };
    const begin = start(plan);
    const whole = behave(await world());
    await work(whole, startRollout(begin));
    for (let crashAfter = 0; crashAfter < whole.journal.records.length; crashAfter += 1) {
      const w = behave(await world());
      const first = {
        atMs: 0,
        fence: 1,
        entry: { kind: 'started', start: begin, by: 'ada' },
      } as const;
      w.journal.crashAfter = crashAfter;
      await expect(work(w, startRollout(begin))).rejects.toThrow(Crash);
      w.journal.crashAfter = Infinity;
      const resumed = await work(w, replay([first, ...w.journal.records]), 2);
      expect(resumed.phase.kind).toBe(fails ? 'rolled-back' : 'promoted');
      expect(w.environment.runningRevisions('backend')).toEqual([fails ? 'r1' : 'r2']);
      expect(w.environment.failedByRouting).toBe(0);
    }
  });
});
