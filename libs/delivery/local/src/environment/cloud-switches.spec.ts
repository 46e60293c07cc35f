import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  DEFAULT_LIMITS,
  type Revision,
  type Rollout,
  type Step,
  fixedAnalyst,
  runRollout,
  startRollout,
} from '@prompt-card/rollout';
import { FakeInbox, FakeJournal, sampleRevision } from '@prompt-card/rollout/testing';
import type { ServiceConfigInput } from '../load-balancer/service-config.ts';
import {
  type RunningLoadBalancer,
  connectLoadBalancer,
  startLoadBalancer,
  stopLoadBalancer,
} from '../load-balancer/start-load-balancer.ts';
import { bundleLoadBalancer } from '../load-balancer/testing/bundle.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { LocalTrafficRouter } from './local-traffic-router.ts';
import { LocalWorkload } from './local-workload.ts';
import { systemClock } from './system-clock.ts';

/** `/slow` answers when it is told to by `/finish`. */
const PROGRAM = `
const http = require('node:http');
const waiting = [];
http.createServer((request, response) => {
  if (request.url === '/slow') { waiting.push(response); return; }
  if (request.url === '/finish') for (const each of waiting.splice(0)) each.end('slow');
  response.end('answer');
}).listen(Number(process.env.PORT), '127.0.0.1');
`;

/** What a cloud's load balancer does to a rollout, switched on in ours, and met by the engine itself. */
describe('a rollout over a load balancer like a cloud’s', () => {
  let bundle: Awaited<ReturnType<typeof temporaryFolder>>;
  let program: string;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let balancer: RunningLoadBalancer | undefined;
  let workload: LocalWorkload;
  let made: Revision[];

  beforeAll(async () => {
    bundle = await temporaryFolder();
    program = bundleLoadBalancer(bundle.path);
  });
  afterAll(() => bundle.clean());

  beforeEach(async () => {
    folder = await temporaryFolder();
    made = [];
    workload = new LocalWorkload(
      [
        {
          name: 'backend',
          args: ['main.cjs'],
          environment: () => ({}),
          healthPath: '/health',
          smokePath: '/smoke',
        },
      ],
      folder.path,
    );
  });

  afterEach(async () => {
    if (balancer) await stopLoadBalancer(balancer);
    balancer = undefined;
    for (const revision of made) await workload.retire(revision);
    await folder.clean();
  });

  interface Place {
    readonly router: LocalTrafficRouter;
    readonly url: string;
    /** Carries out the steps as a rollout of their own; says how it ended and what it noted on the way. */
    run(steps: readonly Step[]): Promise<{ readonly rollout: Rollout; readonly notes: string[] }>;
  }

  async function place(config: Partial<ServiceConfigInput>): Promise<Place> {
    balancer = await startLoadBalancer({
      program,
      directory: path.join(folder.path, 'balancer'),
      node: process.execPath,
      shutdownMs: 200,
      services: [
        { name: 'backend', port: 0, healthCheck: { path: '/probe', intervalMs: 100 }, ...config },
      ],
    });
    const client = await connectLoadBalancer(balancer);
    const router = new LocalTrafficRouter(client, (r) => workload.addressOf(r), 'a test');
    return {
      router,
      url: balancer.urls['backend'] ?? '',
      async run(steps) {
        const notes: string[] = [];
        const rollout = await runRollout(
          startRollout({
            id: '1',
            plan: { strategy: 'canary', release: [], steps },
            times: {
              healthTimeoutMs: 30_000,
              proof: { minSamples: 30, timeoutMs: 30_000 },
              drainQuietMs: 100,
              drainTimeoutMs: 30_000,
            },
            onInconclusive: 'pause',
            reason: 'a test',
          }),
          {
            workload,
            router,
            record: { history: () => Promise.resolve([]), promote: () => Promise.resolve() },
            analyst: fixedAnalyst(DEFAULT_LIMITS),
            clock: systemClock,
          },
          {
            journal: new FakeJournal(),
            inbox: new FakeInbox(),
            fence: 1,
            pollIntervalMs: 50,
            retryDelayMs: 50,
            onProgress: (progress) => {
              if (progress.kind === 'look' && progress.look.note) notes.push(progress.look.note);
            },
          },
        );
        return { rollout, notes };
      },
    };
  }

  async function running(): Promise<Revision> {
    const number = made.length + 1;
    const artifact = path.join(folder.path, 'revisions', `r${number}`);
    await mkdir(artifact, { recursive: true });
    await writeFile(path.join(artifact, 'main.cjs'), PROGRAM);
    const revision = { ...sampleRevision('backend', number), artifact };
    made.push(revision);
    await workload.deploy(revision);
    while ((await workload.health(revision)).state !== 'healthy') await systemClock.sleep(20);
    return revision;
  }

  const toward = (revision: Revision, counterpart: Revision, minSamples: number): Step => ({
    kind: 'set-weight',
    revision,
    counterpart,
    weight: 100,
    proof: { minSamples, timeoutMs: 30_000 },
  });

  it('does not believe a weight before it is measured, however long it takes to arrive', async () => {
    const { router, url, run } = await place({ simulate: { propagationDelayMs: 1_000 } });
    const [a, b] = [await running(), await running()];
    await router.route('backend', [{ revision: a, weight: 100 }], 1);
    await until(async () => (await get(url)) === '200 r1');
    const clients = keepSending(url);
    const { rollout, notes } = await run([toward(b, a, 5)]);
    expect(rollout.phase.kind).toBe('promoted');
    // While it was on its way the measured share disagreed, which was said and not believed.
    expect(notes.join()).toContain('asked for 100 %, measured ');
    expect(await get(url)).toBe('200 r2');
    expect(await clients.stop()).toEqual([]);
  }, 60_000);

  it('answers 503 while its group is empty, and takes no answer for no evidence', async () => {
    const { url, run } = await place({});
    const [a, b] = [await running(), await running()];
    expect(await get(url)).toBe('503 none');
    const { rollout } = await run([
      { ...toward(b, a, 5), proof: { minSamples: 5, timeoutMs: 200 } } as Step,
    ]);
    expect(rollout.phase).toMatchObject({
      kind: 'paused',
      reason: expect.stringContaining('only 0 requests'),
    });
  }, 60_000);

  it('does not stop a revision while sessions are still pinned to it', async () => {
    const { router, url, run } = await place({
      mode: 'sticky',
      simulate: { staleStickyMs: 800 },
    });
    const [a, b] = [await running(), await running()];
    await router.route('backend', [{ revision: a, weight: 100 }], 1);
    const pinned = keepSending(url, { cookie: 'lb-revision=r1' });
    await router.route(
      'backend',
      [
        { revision: b, weight: 100 },
        { revision: a, weight: 0 },
      ],
      1,
    );
    const switchedAtMs = Date.now();
    const { rollout } = await run([
      { kind: 'drain', revision: a, quietMs: 200, timeoutMs: 20_000 },
      { kind: 'retire', revision: a },
    ]);
    expect(rollout.phase.kind).toBe('promoted');
    expect(Date.now() - switchedAtMs).toBeGreaterThan(800);
    expect(await pinned.stop()).toEqual([]);
  }, 60_000);

  it('does not stop a revision that is busy with a request, though it gets no new ones', async () => {
    const { router, url, run } = await place({});
    const [a, b] = [await running(), await running()];
    await router.route('backend', [{ revision: a, weight: 100 }], 1);
    const slow = get(`${url}/slow`);
    const inFlight = async () => (await router.observe('backend'))[0]?.inFlight;
    await until(async () => (await inFlight()) === 1);
    await router.route(
      'backend',
      [
        { revision: b, weight: 100 },
        { revision: a, weight: 0 },
      ],
      1,
    );
    const stuck = await run([{ kind: 'drain', revision: a, quietMs: 50, timeoutMs: 300 }]);
    expect(stuck.rollout.phase).toMatchObject({
      reason: expect.stringContaining('1 in flight'),
    });
    const { port } = await workload.addressOf(a);
    await get(`http://127.0.0.1:${port}/finish`);
    expect(await slow).toBe('200 r1');
    const drained = await run([{ kind: 'drain', revision: a, quietMs: 50, timeoutMs: 20_000 }]);
    expect(drained.rollout.phase.kind).toBe('promoted');
  }, 60_000);

  it('cuts a request off that outlives the deregistration delay, and nothing else', async () => {
    const { router, url } = await place({ deregistrationDelayMs: 200 });
    const [a, b] = [await running(), await running()];
    await router.route('backend', [{ revision: a, weight: 100 }], 1);
    const slow = get(`${url}/slow`);
    await until(async () => (await router.observe('backend'))[0]?.inFlight === 1);
    await router.route(
      'backend',
      [
        { revision: b, weight: 100 },
        { revision: a, weight: 0 },
      ],
      1,
    );
    const clients = keepSending(url);
    await router.withdraw(a, 1);
    expect(await slow).toMatch(/^502|^504|^0/);
    expect(await clients.stop()).toEqual([]);
  }, 60_000);
});

/** `200 r1`: the status and who served it; `0` without an answer. */
async function get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(20_000) });
    await response.text();
    return `${response.status} ${response.headers.get('x-served-by') ?? 'none'}`;
  } catch (error) {
    return `0 ${(error as Error).message}`;
  }
}

/** Two clients without a pause between requests; `stop` gives what was no success. */
function keepSending(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): { stop(): Promise<readonly string[]> } {
  const failures: string[] = [];
  let isOver = false;
  const client = async () => {
    while (!isOver) {
      const answer = await get(url, headers);
      if (!answer.startsWith('200')) failures.push(answer);
      await systemClock.sleep(5);
    }
  };
  const clients = Promise.all([client(), client()]);
  return {
    async stop() {
      isOver = true;
      await clients;
      return failures;
    },
  };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await systemClock.sleep(10);
}
