import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { FileLease, systemClock } from '@prompt-card/local';
import { readEnvironmentFile } from '../environment/environment-file.ts';
import { LocalEnvironment } from '../environment/local-environment.ts';
import type { EnvironmentStatus } from '../rollout/status.ts';
import { watchStatus } from '../rollout/watch-status.ts';
import { SmallWorkspace } from '../testing/small-workspace.ts';
import abort from './abort/abort.ts';
import blueGreen from './blue-green/blue-green.ts';
import canary from './canary/canary.ts';
import history from './history/history.ts';
import promote from './promote/promote.ts';
import rollback from './rollback/rollback.ts';
import status from './status/status.ts';

jest.setTimeout(120_000);

const GATED = {
  canary: {
    stages: [
      { weight: 20, seconds: 0.5, minSamples: 5, pauseAfter: true },
      { weight: 50, seconds: 0.5, minSamples: 5, pauseAfter: true },
    ],
  },
};

describe('the executors on a small service', () => {
  let workspace: SmallWorkspace;
  let said: string;

  beforeAll(async () => {
    for (const stream of [process.stdout, process.stderr]) {
      jest.spyOn(stream, 'write').mockImplementation((chunk) => {
        said += String(chunk);
        return true;
      });
    }
    said = '';
    workspace = await SmallWorkspace.create();
    expect(await run(canary, { reason: 'the first' })).toBe(true);
  });
  afterAll(async () => {
    await workspace.remove();
    jest.restoreAllMocks();
  });
  beforeEach(async () => {
    said = '';
    await workspace.configure({});
  });

  type Executor<Options> = (
    options: Options & { environment: string },
    context: SmallWorkspace['context'],
  ) => Promise<{ success: boolean }>;

  async function run<Options>(executor: Executor<Options>, options: Options): Promise<boolean> {
    const result = await executor({ ...workspace.options, ...options }, workspace.context);
    return result.success;
  }

  async function now(): Promise<EnvironmentStatus> {
    said = '';
    await run(status, { json: true });
    return JSON.parse(said) as EnvironmentStatus;
  }

  async function environment(): Promise<LocalEnvironment> {
    const file = await readEnvironmentFile(path.join(workspace.root, 'environment.json'));
    return new LocalEnvironment(workspace.root, file);
  }

  const stable = async () => (await now()).services[0]?.history[0];
  const weights = async () =>
    Object.fromEntries((await now()).services[0]!.revisions.map(({ id, asked }) => [id, asked]));

  it('waits at every gate for a person, and goes on to the next', async () => {
    await workspace.configure(GATED);
    const before = await stable();
    expect(await run(canary, {})).toBe(false);
    expect(said).toContain('paused – stage 20 % has passed its analysis');
    expect(said).toContain('docs/deployment/runbook.md#paused');
    expect(await weights()).toMatchObject({ [before!]: 80 });
    said = '';
    expect(await run(canary, {})).toBe(false);
    expect(said).toContain('ROLLOUT_UNFINISHED');
    expect(await run(promote, {})).toBe(false);
    expect(await weights()).toMatchObject({ [before!]: 50 });
    expect(await run(promote, {})).toBe(true);
    expect(await stable()).not.toBe(before);
  });

  it('skips the remaining stages when a person promotes in full', async () => {
    await workspace.configure(GATED);
    expect(await run(canary, {})).toBe(false);
    said = '';
    expect(await run(promote, { full: true })).toBe(true);
    expect(said).not.toMatch(/send 50 %/);
    expect(Object.values(await weights())).toEqual([100]);
  });

  it('goes back from a gate, and then there is nothing to promote', async () => {
    await workspace.configure(GATED);
    const before = await stable();
    expect(await run(canary, {})).toBe(false);
    expect(await run(abort, { reason: 'second thoughts' })).toBe(true);
    expect(await weights()).toEqual({ [before!]: 100 });
    said = '';
    expect(await run(promote, {})).toBe(false);
    expect(said).toContain('NOTHING_TO_DO');
  });

  it('waits before the switch of blue and green, with the preview at weight 0', async () => {
    await workspace.configure({
      blueGreen: {
        smokeIntervalSeconds: 0.1,
        bakeSeconds: 0.5,
        bakeMinSamples: 5,
        retireDelaySeconds: 0,
        pauseBeforeSwitch: true,
      },
    });
    const before = await stable();
    expect(await run(blueGreen, {})).toBe(false);
    expect((await weights())[before!]).toBe(100);
    expect(await run(promote, {})).toBe(true);
    expect(await stable()).not.toBe(before);
  });

  it('refuses what is frozen until somebody breaks the glass, but never a way back', async () => {
    const always = { name: 'always', cron: '* * * * *', hours: 1, timeZone: 'Europe/Berlin' };
    await workspace.configure({ freezeWindows: [always] });
    expect(await run(canary, {})).toBe(false);
    expect(said).toMatch(/FROZEN[\s\S]*docs\/deployment\/runbook.md#frozen/);
    const before = await stable();
    expect(await run(canary, { breakGlass: 'the API is down' })).toBe(true);
    expect(await run(rollback, {})).toBe(true);
    expect(await stable()).toBe(before);
    said = '';
    await run(history, {});
    expect(said).toMatch(/FROZEN/);
    expect(said).toContain('overruled: freeze window "always": the API is down');
  });

  it('refuses a contracting migration while somebody could need what it takes away', async () => {
    const expand = { tag: '0001_both', sql: 'ALTER TABLE cards ADD COLUMN name text' };
    const drop = (header: string) => ({
      tag: '0002_drop',
      sql: `${header}\nALTER TABLE cards DROP COLUMN title`,
    });
    await workspace.build('two', [expand, drop('')]);
    expect(await run(canary, {})).toBe(false);
    expect(said).toMatch(/MIGRATION_CONTRACTS: migration 0002_drop drops a column/);
    await workspace.build('three', [expand]);
    expect(await run(canary, {})).toBe(true);
    await workspace.build('four', [expand, drop('-- contract: safe since 0001_both')]);
    said = '';
    expect(await run(canary, {})).toBe(false);
    expect(said).toContain('--forget-older');
    said = '';
    expect(await run(canary, { dryRun: true })).toBe(true);
    expect(said).toMatch(
      /0002_drop, which contracts[\s\S]*would be refused:\n {2}MIGRATION_CONTRACTS/,
    );
    expect(await run(canary, { forgetOlder: true })).toBe(true);
    expect((await now()).services[0]?.history).toHaveLength(2);
    await workspace.build('five', [expand, drop('-- contract: safe since 0001_both')]);
  });

  it('refuses a drift until it is accepted, then goes back to the record first', async () => {
    const local = await environment();
    const running = (await local.connect())!;
    const [first, previous] = await local.record.history('backend');
    await running.workload.deploy(previous!);
    while ((await running.workload.health(previous!)).state !== 'healthy') {
      await systemClock.sleep(20);
    }
    const lease = await FileLease.acquire(
      local.path('lease'),
      { by: 'x', purpose: 'x' },
      systemClock,
    );
    await running.router.route(
      'backend',
      [
        { revision: first!, weight: 70 },
        { revision: previous!, weight: 30 },
      ],
      lease.fence,
    );
    await lease.release();
    expect(await run(canary, { dryRun: true })).toBe(true);
    expect(said).toContain(`backend ${previous!.id} gets 30 % and is not the stable revision`);
    expect(said).toContain('would be refused');
    said = '';
    expect(await run(canary, {})).toBe(false);
    expect(said).toContain('error DRIFT');
    expect(await run(canary, { acceptDrift: true })).toBe(true);
    const instances = await running.workload.instances();
    expect(instances.map(({ revision }) => revision.id)).toEqual([await stable()]);
  });

  it('brings a stable revision back that has died, without asking anybody', async () => {
    const local = await environment();
    const running = (await local.connect())!;
    const [current] = await local.record.history('backend');
    await running.workload.retire(current!);
    expect(await run(canary, {})).toBe(true);
    expect(said).toContain(`bringing backend ${current!.id} back`);
  });

  it('asks hooks, and tells others without listening to what they say', async () => {
    const events: string[] = [];
    const server = http.createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const { event } = JSON.parse(body) as { event: string };
        events.push(`${request.url} ${event}`);
        response.writeHead(request.url === '/chat' ? 500 : 200).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const chat = {
      name: 'chat',
      events: ['started', 'promoted', 'rolled-back'],
      webhook: { url: `${url}/chat` },
    };
    const smoke = {
      name: 'smoke',
      moment: 'after',
      steps: ['set-weight'],
      weights: [50],
      webhook: { url: `${url}/smoke` },
    };
    await workspace.configure({ hooks: [smoke], notifications: [chat] });
    expect(await run(canary, {})).toBe(true);
    expect(events).toEqual([
      '/chat rollout.started',
      '/smoke step.after',
      '/chat rollout.promoted',
    ]);
    expect(said).toContain('notification chat of rollout.promoted failed: answered 500');
    const before = await stable();
    const load = {
      name: 'load-test',
      moment: 'during',
      steps: ['analyse'],
      command: [process.execPath, '-e', 'console.log("p99 is 900 ms"); process.exitCode = 1'],
    };
    await workspace.configure({ hooks: [load] });
    said = '';
    expect(await run(canary, {})).toBe(false);
    expect(said).toMatch(
      /rolled back – hook load-test during .* failed: ended with 1: p99 is 900 ms/,
    );
    expect(await weights()).toEqual({ [before!]: 100 });
    await new Promise((resolve) => server.close(resolve));
  });

  it('does not begin with a webhook that it could not sign', async () => {
    const chat = {
      name: 'chat',
      events: ['started'],
      webhook: { url: 'http://127.0.0.1:1/', secretVariable: 'NO_SUCH_SECRET' },
    };
    await workspace.configure({ notifications: [chat] });
    expect(await run(canary, {})).toBe(false);
    expect(said).toContain('SECRET_MISSING');
  });

  it('watches until it is told to end', async () => {
    const looks: string[] = [];
    const stop = new AbortController();
    const stream = {
      write: (text: string) => {
        looks.push(text);
        if (looks.length === 2) stop.abort();
        return true;
      },
    } as unknown as NodeJS.WritableStream;
    await watchStatus(await environment(), stream, {
      json: true,
      intervalMs: 10,
      signal: stop.signal,
    });
    expect(looks.map((text) => (JSON.parse(text) as EnvironmentStatus).environment)).toEqual([
      'small',
      'small',
    ]);
  });
});
