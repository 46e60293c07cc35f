import { NxWorkspace } from '../src/testing/nx-workspace.ts';
import { startFaultServer, type Fault } from './fault-server.ts';

const COMPILE = 'mkdir -p $1/dist && cat $1/src/in.txt > $1/dist/out.txt\n';
const PROJECTS = ['one', 'two', 'three', 'four', 'five'];
/** The shield's limits, short, so that the suite is. */
const LIMITS = { answerMs: 700, idleMs: 700, transferMs: 1500 };
const env = {
  REMOTE_CACHE_SHIELD_LIMITS: JSON.stringify(LIMITS),
  REMOTE_CACHE_HEALTH_TIMEOUT_MS: '700',
};

let workspace: NxWorkspace;
beforeEach(() => {
  workspace = NxWorkspace.create(PROJECTS, COMPILE);
});
afterEach(() => workspace.remove());

async function expectGuardedBuild(server: string): Promise<string> {
  const clone = workspace.clone('clone');
  const run = await clone.build({ server, token: 'any' }, { isGuarded: true, env });
  expect({ code: run.code, output: run.code === 0 ? '' : run.output }).toEqual({
    code: 0,
    output: '',
  });
  expect(run.tasks).toHaveLength(PROJECTS.length);
  expect(clone.read('packages/five/dist/out.txt')).toBe('five\n');
  return run.output;
}

const faults: readonly Fault[] = [
  'hangs',
  'hangs-in-mid-body',
  'trickles',
  'resets',
  'truncates',
  'flips-a-bit',
  'sends-garbage',
  'closes-on-upload',
  ...[201, 204, 302, 400, 401, 403, 410, 411, 413, 429, 500, 503].map((status) => ({ status })),
];

describe('behind the guard, a build ends well', () => {
  it.each(
    faults.map(
      (fault) => [typeof fault === 'object' ? `answers ${fault.status}` : fault, fault] as const,
    ),
  )('when the server %s after a good health check', async (_, fault) => {
    const server = await startFaultServer(fault);
    try {
      await expectGuardedBuild(server.url);
      expect(server.requests).toBeGreaterThan(0);
    } finally {
      await server.close();
    }
  });

  it('when nothing listens at all', async () => {
    expect(await expectGuardedBuild('http://127.0.0.1:9')).toMatch(
      /is not used: connect ECONNREFUSED/,
    );
  });

  it('when the server accepts connections and never answers', async () => {
    const server = await startFaultServer('hangs', true);
    try {
      expect(await expectGuardedBuild(server.url)).toMatch(/is not used: no answer within 700 ms/);
    } finally {
      await server.close();
    }
  });
});

describe('without the guard, Nx itself', () => {
  it('ends the run with an error on an answer of 500: this is what the guard is for', async () => {
    const server = await startFaultServer({ status: 500 });
    try {
      const run = await workspace.clone('bare').build({ server: server.url, token: 'any' });
      expect(run.code).not.toBe(0);
    } finally {
      await server.close();
    }
  });
});
