import { fixedAnalyst } from './analyst.ts';
import { runRollout } from './controller.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { type Plan, canaryPlan, installPlan } from './plan.ts';
import { type Rollout, startRollout } from './rollout.ts';
import type { HookMoment, StepHooks } from './step-hooks.ts';
import type { StepKind } from './step.ts';
import {
  FakeEnvironment,
  FakeInbox,
  FakeJournal,
  SAMPLE_CANARY,
  SAMPLE_TIMES,
  sampleChange,
} from './testing/index.ts';
import { type Verdict, fail, pass } from './verdict.ts';

const change = sampleChange('backend');

/** Hooks at one moment of one kind of step. */
class FakeHooks implements StepHooks {
  readonly started: string[] = [];
  stopped = 0;
  readonly #moment: HookMoment;
  readonly #kind: StepKind;
  readonly #verdict: Promise<Verdict>;

  constructor(moment: HookMoment, kind: StepKind, verdict: Promise<Verdict>) {
    this.#moment = moment;
    this.#kind = kind;
    this.#verdict = verdict;
  }

  start: StepHooks['start'] = (moment, step, rollout) => {
    if (moment !== this.#moment || step.kind !== this.#kind) return undefined;
    this.started.push(`${moment} ${step.kind} while ${rollout.phase.kind}`);
    return { verdict: this.#verdict, stop: () => void (this.stopped += 1) };
  };
}

async function canaryWith(hooks: StepHooks, inbox = new FakeInbox()) {
  const environment = new FakeEnvironment({ requestsPerSecond: 200 });
  const work = (plan: Plan, own?: StepHooks): Promise<Rollout> =>
    runRollout(
      startRollout({ id: '1', plan, times: SAMPLE_TIMES, onInconclusive: 'rollback', reason: '' }),
      {
        workload: environment,
        router: environment,
        record: environment,
        analyst: fixedAnalyst(DEFAULT_LIMITS),
        clock: environment.clock,
      },
      {
        journal: new FakeJournal(),
        inbox,
        ...(own && { hooks: own }),
        fence: 1,
        pollIntervalMs: 250,
        retryDelayMs: 1_000,
        onProgress: () => undefined,
      },
    );
  const first = { ...change, stable: undefined, candidate: change.stable };
  await work(installPlan([first], SAMPLE_TIMES));
  environment.effects.length = 0;
  const rollout = await work(canaryPlan([change], SAMPLE_CANARY), hooks);
  return { rollout, environment };
}

const never = new Promise<Verdict>(() => undefined);
const failed = Promise.resolve(fail('load-test failed'));
const passed = Promise.resolve(pass('load-test passed'));

describe('a hook', () => {
  it.each<[HookMoment, StepKind]>([
    ['before', 'set-weight'],
    ['during', 'analyse'],
    ['after', 'promote'],
  ])('that passes %s %s lets the rollout go on', async (moment, kind) => {
    const hooks = new FakeHooks(moment, kind, passed);
    const { rollout } = await canaryWith(hooks);
    expect(rollout.phase.kind).toBe('promoted');
    expect(hooks.started.length).toBeGreaterThan(0);
  });

  it.each<[HookMoment, StepKind]>([
    ['before', 'set-weight'],
    ['during', 'analyse'],
    ['after', 'promote'],
  ])('that fails %s %s rolls back, and is not asked on the way back', async (moment, kind) => {
    const hooks = new FakeHooks(moment, kind, failed);
    const { rollout, environment } = await canaryWith(hooks);
    expect(rollout.phase).toEqual({ kind: 'rolled-back', reason: 'load-test failed' });
    expect(environment.weights('backend')).toEqual({ r1: 100 });
    expect(hooks.started).toEqual([`${moment} ${kind} while running`]);
  });

  it('that fails before a step keeps it from acting', async () => {
    const { environment } = await canaryWith(new FakeHooks('before', 'deploy', failed));
    expect(environment.effects).not.toContain('deploy backend r2');
  });

  it('that outlives its step is waited for, and an abort does not wait', async () => {
    const inbox = new FakeInbox();
    inbox.put({ kind: 'abort-requested', by: 'ada', reason: 'enough' }, 200);
    const hooks = new FakeHooks('during', 'analyse', never);
    const { rollout } = await canaryWith(hooks, inbox);
    expect(rollout.phase).toMatchObject({ kind: 'rolled-back', reason: 'aborted by ada: enough' });
    expect(hooks.stopped).toBeGreaterThan(0);
  });

  it('is stopped when its step fails', async () => {
    const hooks = new FakeHooks('during', 'await-healthy', never);
    const environment = new FakeEnvironment({ requestsPerSecond: 0 });
    environment.behave(change.candidate, { crashesOnStart: true });
    const rollout = await runRollout(
      startRollout({
        id: '1',
        plan: installPlan([{ ...change, stable: undefined }], SAMPLE_TIMES),
        times: SAMPLE_TIMES,
        onInconclusive: 'rollback',
        reason: '',
      }),
      {
        workload: environment,
        router: environment,
        record: environment,
        analyst: fixedAnalyst(DEFAULT_LIMITS),
        clock: environment.clock,
      },
      {
        journal: new FakeJournal(),
        inbox: new FakeInbox(),
        hooks,
        fence: 1,
        pollIntervalMs: 250,
        retryDelayMs: 1_000,
        onProgress: () => undefined,
      },
    );
    expect(rollout.phase.kind).toBe('rolled-back');
    expect(hooks.stopped).toBe(1);
  });
});
