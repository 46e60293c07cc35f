import type { Clock } from '@prompt-card/core';
import { RolloutError } from '../errors.ts';
import type { ArmStatus, Health, TrafficRouter, Workload } from '../ports.ts';
import type { Revision } from '../revision.ts';
import { judgeShare } from '../share.ts';
import { countsSince, NO_TRAFFIC } from '../traffic-counts.ts';

/** How a revision of a harness behaves. */
export type ContractBehaviour =
  'serves' | 'fails-every-request' | 'never-healthy' | 'ends-at-start';

/**
 * A place where an adapter can be tried out: it can make revisions that behave in a certain way, and
 * send requests as a client would.
 */
export interface ContractHarness {
  readonly workload: Workload;
  readonly router: TrafficRouter;
  readonly clock: Clock;
  /** The service that all of the harness's revisions are of. */
  readonly service: string;
  /** A revision that has never been deployed. */
  revision(behaviour: ContractBehaviour): Promise<Revision>;
  /** Sends so many requests to the service and waits for all answers; resolves with how many failed. */
  send(count: number): Promise<number>;
}

/** One claim about an adapter: `run` rejects if it does not hold. Any test framework can call it. */
export interface ContractCase {
  readonly name: string;
  run(harness: ContractHarness): Promise<void>;
}

/** What every pair of `Workload` and `TrafficRouter` has to keep. Each case expects a harness of its own. */
export const environmentContract: readonly ContractCase[] = [
  {
    name: 'starts a revision once, however often it is asked to, and finds it healthy',
    async run(harness) {
      const revision = await harness.revision('serves');
      await claimState(harness, revision, 'absent');
      await harness.workload.deploy(revision);
      await harness.workload.deploy(revision);
      await untilState(harness, revision, 'healthy');
      const smoke = await harness.workload.smokeTest(revision);
      claim(smoke.outcome === 'pass', `the smoke test of a revision that serves: ${smoke.reason}`);
    },
  },
  {
    name: 'stops a revision, and does not mind being asked again',
    async run(harness) {
      const revision = await deployed(harness);
      await harness.workload.retire(revision);
      await claimState(harness, revision, 'absent');
      await harness.workload.retire(revision);
      await harness.workload.deploy(revision);
      await untilState(harness, revision, 'healthy');
    },
  },
  {
    name: 'says that a revision which ended is absent',
    async run(harness) {
      const revision = await harness.revision('ends-at-start');
      await harness.workload.deploy(revision);
      await untilState(harness, revision, 'absent');
    },
  },
  {
    name: 'never calls a revision healthy that says it cannot serve, and fails its smoke test',
    async run(harness) {
      const revision = await harness.revision('never-healthy');
      await harness.workload.deploy(revision);
      await untilState(harness, revision, 'unhealthy');
      const smoke = await harness.workload.smokeTest(revision);
      claim(smoke.outcome === 'fail', 'the smoke test of a revision that cannot serve passed');
    },
  },
  {
    name: 'sends everything to the only revision that has weight, from the first request after the change',
    async run(harness) {
      const [a, b] = await twoRouted(harness, 100);
      const before = await arms(harness);
      claim((await harness.send(200)) === 0, 'requests failed');
      const after = await arms(harness);
      claimCount(after, before, a, 200);
      claimCount(after, before, b, 0);
    },
  },
  {
    name: 'splits requests by weight, as measured',
    async run(harness) {
      const [a, b] = await twoRouted(harness, 25);
      const before = await arms(harness);
      claim((await harness.send(2_000)) === 0, 'requests failed');
      const after = await arms(harness);
      const hits = requestsSince(after, before, a);
      const total = hits + requestsSince(after, before, b);
      claim(total === 2_000, `${total} of 2000 requests were counted`);
      const verdict = judgeShare(25, hits, total);
      claim(verdict.outcome === 'pass', verdict.reason);
    },
  },
  {
    name: 'shows the weights that were asked for',
    async run(harness) {
      const [a, b] = await twoRouted(harness, 25);
      const now = await arms(harness);
      claim(armOf(now, a)?.weight === 25, `asked for 25, shows ${armOf(now, a)?.weight}`);
      claim(armOf(now, b)?.weight === 75, `asked for 75, shows ${armOf(now, b)?.weight}`);
    },
  },
  {
    name: 'registers a revision without changing who is served, and finds it ready by itself',
    async run(harness) {
      const [a, b] = await twoRouted(harness, 100);
      const c = await deployed(harness);
      await harness.router.register(c, 1);
      await harness.router.register(b, 1);
      const now = await arms(harness);
      claim(armOf(now, a)?.weight === 100, 'the weight of another revision has changed');
      claim(armOf(now, b)?.weight === 0, 'a known revision got weight');
      claim(armOf(now, c)?.weight === 0, 'a new revision got weight');
      await untilReady(harness, c);
    },
  },
  {
    name: 'counts failures for the revision that made them',
    async run(harness) {
      const good = await deployed(harness);
      const bad = await deployed(harness, 'fails-every-request');
      const before = await arms(harness);
      await route(harness, good, 50, bad, 1);
      const failed = await harness.send(400);
      const after = await arms(harness);
      const errors = (revision: Revision) => since(after, before, revision).errors;
      claim(
        errors(good) === 0,
        `${errors(good)} errors were counted for a revision that made none`,
      );
      claim(errors(bad) === failed && failed > 0, `${failed} failed, ${errors(bad)} were counted`);
    },
  },
  {
    name: 'loses no request while weights change under load',
    async run(harness) {
      const [a, b] = await twoRouted(harness, 0);
      const sending = harness.send(1_500);
      for (const weight of [5, 25, 50, 100, 50, 0, 100]) await route(harness, a, weight, b, 1);
      const failed = await sending;
      claim(failed === 0, `${failed} requests failed`);
    },
  },
  {
    name: 'loses no request when everything goes at once to a revision that was registered and became ready',
    async run(harness) {
      const old = await deployed(harness);
      await harness.router.route(harness.service, [{ revision: old, weight: 100 }], 1);
      const sending = harness.send(1_000);
      const next = await deployed(harness);
      await harness.router.register(next, 1);
      await untilReady(harness, next);
      await route(harness, next, 100, old, 1);
      const failed = await sending;
      claim(failed === 0, `${failed} requests failed`);
    },
  },
  {
    name: 'serves a revision that ended and came back with its old weight, once it is registered again',
    async run(harness) {
      const revision = await deployed(harness);
      await harness.router.route(harness.service, [{ revision, weight: 100 }], 1);
      await harness.workload.retire(revision);
      await harness.workload.deploy(revision);
      await untilState(harness, revision, 'healthy');
      await harness.router.register(revision, 1);
      await untilReady(harness, revision);
      claim((await harness.send(50)) === 0, 'requests failed');
      claim(armOf(await arms(harness), revision)?.weight === 100, 'its weight was lost');
      const own = (await arms(harness)).filter(({ revisionId }) => revisionId === revision.id);
      claim(own.length === 1, `the revision has ${own.length} statuses`);
    },
  },
  {
    name: 'leaves out a revision without weight that never ran',
    async run(harness) {
      const revision = await deployed(harness);
      const absent = await harness.revision('serves');
      await route(harness, revision, 100, absent, 1);
      claim((await harness.send(50)) === 0, 'requests failed');
    },
  },
  {
    name: 'answers with failures, and counts none for a revision, while nothing is routed',
    async run(harness) {
      claim((await harness.send(20)) === 20, 'requests to nowhere succeeded');
      claim(
        (await arms(harness)).length === 0,
        'there is a status of a revision that is not routed',
      );
    },
  },
  {
    name: 'refuses a writer whose fence is outdated, and changes nothing for it',
    async run(harness) {
      const [a, b] = await twoRouted(harness, 100);
      await route(harness, a, 100, b, 7);
      for (const write of [() => route(harness, a, 0, b, 6), () => harness.router.withdraw(b, 6)]) {
        const error = await write().then(
          () => undefined,
          (reason: unknown) => reason,
        );
        const refused = error instanceof RolloutError && error.code === 'LEASE_LOST';
        claim(refused, `an outdated write was answered with ${String(error)}`);
      }
      claim(armOf(await arms(harness), a)?.weight === 100, 'an outdated write had an effect');
      claim(armOf(await arms(harness), b) !== undefined, 'an outdated write had an effect');
    },
  },
  {
    name: 'withdraws a revision without weight, and refuses one that has some',
    async run(harness) {
      const [a, b] = await twoRouted(harness, 100);
      await harness.router.withdraw(b, 1);
      await harness.router.withdraw(b, 1);
      claim(armOf(await arms(harness), b) === undefined, 'the revision is still there');
      const refused = await harness.router.withdraw(a, 1).then(
        () => false,
        () => true,
      );
      claim(refused, 'a revision with all the weight was withdrawn');
      claim((await harness.send(50)) === 0, 'requests failed');
    },
  },
  {
    name: 'has nobody in flight when nobody sends',
    async run(harness) {
      await twoRouted(harness, 50);
      await harness.send(100);
      const busy = (await arms(harness)).filter(({ inFlight }) => inFlight > 0);
      claim(busy.length === 0, `${busy.length} revisions are said to be busy`);
    },
  },
];

function claim(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

async function deployed(
  harness: ContractHarness,
  behaviour: ContractBehaviour = 'serves',
): Promise<Revision> {
  const revision = await harness.revision(behaviour);
  await harness.workload.deploy(revision);
  await untilState(harness, revision, 'healthy');
  return revision;
}

async function twoRouted(
  harness: ContractHarness,
  weight: number,
): Promise<readonly [Revision, Revision]> {
  const a = await deployed(harness);
  const b = await deployed(harness);
  await route(harness, a, weight, b, 1);
  return [a, b];
}

function route(
  { router, service }: ContractHarness,
  revision: Revision,
  weight: number,
  counterpart: Revision,
  fence: number,
): Promise<void> {
  return router.route(
    service,
    [
      { revision, weight },
      { revision: counterpart, weight: 100 - weight },
    ],
    fence,
  );
}

const STATE_LOOKS = 600;

async function untilState(
  { workload, clock }: ContractHarness,
  revision: Revision,
  state: Health['state'],
): Promise<void> {
  let last: Health = { state: 'absent', detail: 'never looked' };
  for (let looks = 0; looks < STATE_LOOKS; looks += 1) {
    last = await workload.health(revision);
    if (last.state === state) return;
    await clock.sleep(50);
  }
  throw new Error(`waited for ${state}, it stays ${last.state}`);
}

async function untilReady(harness: ContractHarness, revision: Revision): Promise<void> {
  for (let looks = 0; looks < STATE_LOOKS; looks += 1) {
    if (armOf(await arms(harness), revision)?.ready) return;
    await harness.clock.sleep(50);
  }
  throw new Error('a revision that serves never became ready');
}

async function claimState(
  { workload }: ContractHarness,
  revision: Revision,
  state: Health['state'],
): Promise<void> {
  const health = await workload.health(revision);
  claim(health.state === state, `expected ${state}, it is ${health.state}`);
}

function arms({ router, service }: ContractHarness): Promise<readonly ArmStatus[]> {
  return router.observe(service);
}

function armOf(list: readonly ArmStatus[], { id }: Revision): ArmStatus | undefined {
  return list.find(({ revisionId }) => revisionId === id);
}

function since(after: readonly ArmStatus[], before: readonly ArmStatus[], revision: Revision) {
  return countsSince(
    armOf(after, revision)?.counts ?? NO_TRAFFIC,
    armOf(before, revision)?.counts ?? NO_TRAFFIC,
  );
}

function requestsSince(
  after: readonly ArmStatus[],
  before: readonly ArmStatus[],
  revision: Revision,
): number {
  return since(after, before, revision).requests;
}

function claimCount(
  after: readonly ArmStatus[],
  before: readonly ArmStatus[],
  revision: Revision,
  expected: number,
): void {
  const counted = requestsSince(after, before, revision);
  claim(counted === expected, `${revision.id} got ${counted} requests, expected ${expected}`);
}
