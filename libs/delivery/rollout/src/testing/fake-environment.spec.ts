import type { FakeBehaviour } from './fake-environment.ts';
import {
  type ContractBehaviour,
  type ContractHarness,
  FakeEnvironment,
  environmentContract,
  sampleRevision,
} from './index.ts';

const BEHAVIOURS: Readonly<Record<ContractBehaviour, FakeBehaviour>> = {
  serves: {},
  'fails-every-request': { errorRate: 1 },
  'never-healthy': { neverHealthy: true },
  'ends-at-start': { crashesOnStart: true },
};

function harness(): ContractHarness {
  const environment = new FakeEnvironment({ requestsPerSecond: 0 });
  let number = 0;
  return {
    workload: environment,
    router: environment,
    clock: environment.clock,
    service: 'backend',
    revision: (behaviour) => {
      number += 1;
      const revision = sampleRevision('backend', number);
      environment.behave(revision, BEHAVIOURS[behaviour]);
      return Promise.resolve(revision);
    },
    send: (count) => Promise.resolve(environment.send('backend', count)),
  };
}

describe('FakeEnvironment keeps the contract: it', () => {
  it.each(environmentContract)('$name', (contractCase) => contractCase.run(harness()));
});
