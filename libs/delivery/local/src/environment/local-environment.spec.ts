import path from 'node:path';
import { type ContractHarness, environmentContract } from '@prompt-card/rollout/testing';
import {
  type RunningLoadBalancer,
  connectLoadBalancer,
  startLoadBalancer,
  stopLoadBalancer,
} from '../load-balancer/start-load-balancer.ts';
import { bundleLoadBalancer } from '../load-balancer/testing/bundle.ts';
import { type SampleWorkload, sampleWorkload, sendRequests } from '../testing/sample-workload.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { LocalTrafficRouter } from './local-traffic-router.ts';
import { systemClock } from './system-clock.ts';

describe('the local environment keeps the contract: it', () => {
  let bundle: Awaited<ReturnType<typeof temporaryFolder>>;
  let program: string;
  let sample: SampleWorkload;
  let balancer: RunningLoadBalancer;

  beforeAll(async () => {
    bundle = await temporaryFolder();
    program = bundleLoadBalancer(bundle.path);
  });
  afterAll(() => bundle.clean());

  beforeEach(async () => {
    sample = await sampleWorkload();
    balancer = await startLoadBalancer({
      program,
      directory: path.join(sample.path, 'balancer'),
      node: process.execPath,
      services: [{ name: 'backend', port: 0, healthCheck: { path: '/probe', intervalMs: 100 } }],
    });
  });

  afterEach(async () => {
    await stopLoadBalancer(balancer);
    await sample.clean();
  });

  async function harness(): Promise<ContractHarness> {
    const { workload } = sample;
    const client = await connectLoadBalancer(balancer);
    return {
      workload,
      router: new LocalTrafficRouter(client, (revision) => workload.addressOf(revision), 'a test'),
      clock: systemClock,
      service: 'backend',
      revision: (behaviour) => sample.revision(behaviour),
      send: (count) => sendRequests(balancer.urls['backend'] ?? '', count),
    };
  }

  it.each(environmentContract)(
    '$name',
    async (contractCase) => {
      await contractCase.run(await harness());
    },
    30_000,
  );
});
