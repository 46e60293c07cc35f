import { existsSync } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Revision } from '@prompt-card/rollout';
import { percentile } from '@prompt-card/rollout';
import {
  type ContractBehaviour,
  type ContractHarness,
  environmentContract,
  sampleRevision,
} from '@prompt-card/rollout/testing';
import type { LocalWorkload } from '../environment/local-workload.ts';
import { systemClock } from '../environment/system-clock.ts';
import { listen } from '../process/port.ts';
import { isAlive } from '../process/process-identity.ts';
import { type SampleWorkload, sampleWorkload, sendRequests } from '../testing/sample-workload.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { HaproxyTrafficRouter } from './haproxy-traffic-router.ts';
import {
  type HaproxyOptions,
  type RunningHaproxy,
  findHaproxy,
  findHaproxyProgram,
  haproxySearchPath,
  startHaproxy,
  stopHaproxy,
} from './start-haproxy.ts';

const SEARCH_PATH = haproxySearchPath(process.env['PATH'] ?? '');
const isInstalled = findHaproxyProgram(SEARCH_PATH) !== undefined;
if (!isInstalled) {
  process.stderr.write(
    'SKIPPED: the tests of HAProxy as a router need the program haproxy (apt-get install haproxy)\n',
  );
}
const describeWithHaproxy = isInstalled ? describe : describe.skip;

const TIMEOUT_MS = 60_000;

describe('startHaproxy', () => {
  it('says what to install where the program is missing, before it writes anything', async () => {
    const folder = await temporaryFolder();
    try {
      const directory = path.join(folder.path, 'haproxy');
      const services = [{ name: 'backend', port: 0, healthCheck: { path: '/' } }];
      const starting = startHaproxy({ directory, services, searchPath: folder.path });
      await expect(starting).rejects.toMatchObject({
        code: 'ROUTER_NOT_INSTALLED',
        next: expect.stringContaining('apt-get install haproxy') as string,
      });
      expect(existsSync(directory)).toBe(false);
    } finally {
      await folder.clean();
    }
  });
});

describeWithHaproxy('HAProxy as a router', () => {
  let options: HaproxyOptions;
  let haproxy: RunningHaproxy;
  let sample: SampleWorkload;
  let workload: LocalWorkload;

  beforeEach(async () => {
    sample = await sampleWorkload();
    workload = sample.workload;
    options = optionsIn(path.join(sample.path, 'haproxy'));
    haproxy = await startHaproxy(options);
  });

  afterEach(async () => {
    await stopHaproxy(haproxy);
    await sample.clean();
  });

  function optionsIn(directory: string, port = 0): HaproxyOptions {
    const healthCheck = { path: '/probe', intervalMs: 100 };
    const services = [{ name: 'backend', port, revisionOverride: true, healthCheck }];
    return { directory, services, searchPath: SEARCH_PATH };
  }

  function routerOf({ directory }: RunningHaproxy): HaproxyTrafficRouter {
    return new HaproxyTrafficRouter(directory, (revision) => workload.addressOf(revision));
  }

  function harness(): ContractHarness {
    return {
      workload,
      router: routerOf(haproxy),
      clock: systemClock,
      service: 'backend',
      revision: (behaviour) => sample.revision(behaviour),
      send: (count) => sendRequests(urlOf(haproxy), count),
    };
  }

  async function deployed(behaviour: ContractBehaviour = 'serves'): Promise<Revision> {
    const revision = await sample.revision(behaviour);
    await workload.deploy(revision);
    for (;;) {
      if ((await workload.health(revision)).state === 'healthy') return revision;
      await systemClock.sleep(20);
    }
  }

  const armOf = async (revision: Revision, router = routerOf(haproxy)) =>
    (await router.observe('backend')).find(({ revisionId }) => revisionId === revision.id);

  describe('keeps the contract: it', () => {
    it.each(environmentContract)(
      '$name',
      (contractCase) => contractCase.run(harness()),
      TIMEOUT_MS,
    );
  });

  it(
    'gives a slot to many revisions in turn, and none inherits what another did',
    async () => {
      const router = routerOf(haproxy);
      const stable = await deployed();
      await router.route('backend', [{ revision: stable, weight: 100 }], 1);
      const template = await deployed('fails-every-request');
      const { host, port } = await workload.addressOf(template);
      const many = new HaproxyTrafficRouter(haproxy.directory, async (revision) =>
        revision.id === stable.id ? workload.addressOf(stable) : { host, port },
      );
      for (let number = 100; number < 140; number += 1) {
        const revision = sampleRevision('backend', number);
        const routes = (weight: number) => [
          { revision: stable, weight: 100 - weight },
          { revision, weight },
        ];
        await many.route('backend', routes(100), 1);
        await sendRequests(urlOf(haproxy), 3);
        expect(await armOf(revision)).toMatchObject({ counts: { requests: 3, errors: 3 } });
        await many.route('backend', routes(0), 1);
        await many.withdraw(revision, 1);
      }
    },
    TIMEOUT_MS,
  );

  it(
    'goes on counting for a revision that was withdrawn and comes back',
    async () => {
      const router = routerOf(haproxy);
      const [a, b] = [await deployed(), await deployed()];
      await router.route('backend', [{ revision: a, weight: 100 }], 1);
      await sendRequests(urlOf(haproxy), 10);
      await router.route('backend', [{ revision: b, weight: 100 }], 1);
      expect(await armOf(a)).toBeUndefined();
      await router.register(a, 1);
      expect((await armOf(a))?.counts.requests).toBe(10);
    },
    TIMEOUT_MS,
  );

  it(
    'counts an answer that never came and one that broke off as one failed request each',
    async () => {
      const revision = await deployed();
      await routerOf(haproxy).route('backend', [{ revision, weight: 100 }], 1);
      await sendRequests(`${urlOf(haproxy)}/lost`, 1);
      await sendRequests(`${urlOf(haproxy)}/broken-off`, 1);
      await sendRequests(urlOf(haproxy), 1);
      expect(await armOf(revision)).toMatchObject({ counts: { requests: 3, errors: 2 } });
    },
    TIMEOUT_MS,
  );

  it(
    'measures latencies, so that a slow revision is seen',
    async () => {
      const revision = await deployed();
      await routerOf(haproxy).route('backend', [{ revision, weight: 100 }], 1);
      await sendRequests(`${urlOf(haproxy)}/slow`, 20);
      const latency = (await armOf(revision))?.counts.latency ?? {};
      expect(Object.values(latency).reduce((sum, count) => sum + count, 0)).toBe(20);
      expect(percentile(latency, 0.5)).toBeGreaterThan(195);
    },
    TIMEOUT_MS,
  );

  it(
    'sends a request that names a revision to that one alone, and says who answered',
    async () => {
      const [a, b] = [await deployed(), await deployed()];
      const router = routerOf(haproxy);
      await router.route('backend', [{ revision: a, weight: 100 }], 1);
      await router.register(b, 1);
      while (!(await armOf(b))?.ready) await systemClock.sleep(20);
      const ask = async (headers: Record<string, string>) => {
        const response = await fetch(urlOf(haproxy), { headers });
        return [response.status, response.headers.get('x-served-by')];
      };
      expect(await ask({})).toEqual([200, a.id]);
      expect(await ask({ 'x-revision': b.id })).toEqual([200, b.id]);
      expect(await ask({ 'x-revision': 'r999' })).toEqual([503, null]);
    },
    TIMEOUT_MS,
  );

  it(
    'refuses older writers from the moment a newer one takes charge, and routes as before',
    async () => {
      const revision = await deployed();
      const routes = [{ revision, weight: 100 }];
      const router = routerOf(haproxy);
      await router.route('backend', routes, 1);
      await router.takeFence('backend', 2);
      await expect(router.route('backend', routes, 1)).rejects.toMatchObject({
        code: 'LEASE_LOST',
      });
      expect(await sendRequests(urlOf(haproxy), 5)).toBe(0);
    },
    TIMEOUT_MS,
  );

  it(
    'serves as before when it was killed and is started again',
    async () => {
      const [a, b] = [await deployed(), await deployed()];
      const routes = [
        { revision: a, weight: 30 },
        { revision: b, weight: 70 },
      ];
      await routerOf(haproxy).route('backend', routes, 5);
      await sendRequests(urlOf(haproxy), 20);
      process.kill(haproxy.identity.pid, 'SIGKILL');
      while (await isAlive(haproxy.identity)) await systemClock.sleep(5);
      expect(await findHaproxy(options.directory)).toBeUndefined();
      const port = Number(new URL(urlOf(haproxy)).port);
      haproxy = await startHaproxy(optionsIn(options.directory, port));
      expect(await sendRequests(urlOf(haproxy), 20)).toBe(0);
      expect(await armOf(a)).toMatchObject({ weight: 30, counts: { requests: 6, errors: 0 } });
      await expect(routerOf(haproxy).route('backend', routes, 4)).rejects.toMatchObject({
        code: 'LEASE_LOST',
      });
    },
    TIMEOUT_MS,
  );

  it(
    'is found again by its configuration when its starter died before writing it down',
    async () => {
      await writeFile(
        path.join(haproxy.directory, 'running.json'),
        JSON.stringify({ urls: haproxy.urls }),
      );
      expect(await startHaproxy(options)).toEqual(haproxy);
    },
    TIMEOUT_MS,
  );

  it(
    'works in a folder whose path is too long for a socket, and keeps the socket to its owner',
    async () => {
      const revision = await deployed();
      const directory = path.join(sample.path, 'a-long-name'.repeat(10), 'haproxy');
      const other = await startHaproxy(optionsIn(directory));
      try {
        await routerOf(other).route('backend', [{ revision, weight: 100 }], 1);
        expect(await sendRequests(urlOf(other), 5)).toBe(0);
        const { mode } = await stat(path.join(directory, 'haproxy.sock'));
        expect(mode & 0o777).toBe(0o600);
      } finally {
        await stopHaproxy(other);
      }
    },
    TIMEOUT_MS,
  );

  it(
    'says who has a port that it needs',
    async () => {
      const server = await listen('127.0.0.1', 0);
      try {
        const { port } = server.address() as { port: number };
        const directory = path.join(sample.path, 'other');
        await expect(startHaproxy(optionsIn(directory, port))).rejects.toMatchObject({
          code: 'PORT_TAKEN',
        });
      } finally {
        server.close();
      }
    },
    TIMEOUT_MS,
  );
});

function urlOf({ urls }: RunningHaproxy): string {
  return urls['backend'] ?? '';
}
