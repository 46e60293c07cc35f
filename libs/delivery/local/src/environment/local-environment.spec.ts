import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  type ContractBehaviour,
  type ContractHarness,
  environmentContract,
  sampleRevision,
} from '@prompt-card/rollout/testing';
import type { Revision } from '@prompt-card/rollout';
import {
  type RunningLoadBalancer,
  connectLoadBalancer,
  startLoadBalancer,
  stopLoadBalancer,
} from '../load-balancer/start-load-balancer.ts';
import { bundleLoadBalancer } from '../load-balancer/testing/bundle.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { LocalTrafficRouter } from './local-traffic-router.ts';
import { type LocalService, LocalWorkload } from './local-workload.ts';
import { systemClock } from './system-clock.ts';

/** Answers as its BEHAVIOUR says; the load balancer's probe always passes while it runs. */
const PROGRAM = `
const http = require('node:http');
const behaviour = process.env.BEHAVIOUR;
if (behaviour === 'ends-at-start') process.exit(1);
http.createServer((request, response) => {
  const probe = request.url === '/probe';
  const health = request.url === '/health' || request.url === '/smoke';
  response.statusCode =
    probe ? 200
    : health ? (behaviour === 'never-healthy' ? 503 : 200)
    : behaviour === 'fails-every-request' ? 500 : 200;
  response.end('answer');
}).listen(Number(process.env.PORT), '127.0.0.1');
`;

const SERVICE: LocalService = {
  name: 'backend',
  args: ['main.cjs'],
  environment: () => ({}),
  healthPath: '/health',
  smokePath: '/smoke',
};

/** Requests under way at once. */
const CLIENTS = 8;

describe('the local environment keeps the contract: it', () => {
  let bundle: Awaited<ReturnType<typeof temporaryFolder>>;
  let program: string;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let balancer: RunningLoadBalancer;
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
    workload = new LocalWorkload([SERVICE], folder.path);
    balancer = await startLoadBalancer({
      program,
      directory: path.join(folder.path, 'balancer'),
      node: process.execPath,
      services: [{ name: 'backend', port: 0, healthCheck: { path: '/probe', intervalMs: 100 } }],
    });
  });

  afterEach(async () => {
    await stopLoadBalancer(balancer);
    for (const revision of made) await workload.retire(revision);
    await folder.clean();
  });

  async function harness(): Promise<ContractHarness> {
    const client = await connectLoadBalancer(balancer);
    return {
      workload,
      router: new LocalTrafficRouter(client, (revision) => workload.addressOf(revision), 'a test'),
      clock: systemClock,
      service: 'backend',
      revision: makeRevision,
      send: (count) => send(balancer.urls['backend'] ?? '', count),
    };
  }

  async function makeRevision(behaviour: ContractBehaviour): Promise<Revision> {
    const number = made.length + 1;
    const artifact = path.join(folder.path, 'revisions', `r${number}`);
    await mkdir(artifact, { recursive: true });
    await writeFile(path.join(artifact, 'main.cjs'), PROGRAM);
    const revision = {
      ...sampleRevision('backend', number),
      artifact,
      variables: { BEHAVIOUR: behaviour },
    };
    made.push(revision);
    return revision;
  }

  it.each(environmentContract)(
    '$name',
    async (contractCase) => {
      await contractCase.run(await harness());
    },
    30_000,
  );
});

async function send(url: string, count: number): Promise<number> {
  let left = count;
  let failed = 0;
  const client = async () => {
    while (left-- > 0) {
      const ok = await fetch(url, { signal: AbortSignal.timeout(10_000) }).then(
        async (response) => {
          await response.arrayBuffer();
          return response.ok;
        },
        () => false,
      );
      if (!ok) failed += 1;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return failed;
}
