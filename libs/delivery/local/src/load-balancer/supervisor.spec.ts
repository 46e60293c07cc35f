import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isAlive } from '../process/process-identity.ts';
import type { DesiredTarget } from './desired-service.ts';
import type { LoadBalancerClient } from './load-balancer-client.ts';
import {
  connectLoadBalancer,
  findLoadBalancer,
  type RunningLoadBalancer,
  startLoadBalancer,
  stopLoadBalancer,
} from './start-load-balancer.ts';
import { bundleLoadBalancer } from './testing/bundle.ts';
import { startTarget, type TargetServer } from './testing/target-server.ts';
import { until } from './testing/test-balancer.ts';

let program: string;
let bundleDirectory: string;
let directory: string;
let target: TargetServer;
let running: RunningLoadBalancer;
let client: LoadBalancerClient;

beforeAll(async () => {
  bundleDirectory = await mkdtemp(path.join(tmpdir(), 'bundle-'));
  program = bundleLoadBalancer(bundleDirectory);
});
afterAll(() => rm(bundleDirectory, { recursive: true, force: true }));

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'balancer-'));
  target = await startTarget('r1', (request, response) => {
    if (request.url === '/slow') setTimeout(() => response.end('slow'), 300);
    else response.end('r1');
  });
  running = await start();
  client = await connectLoadBalancer(running);
});
afterEach(async () => {
  await stopLoadBalancer(running);
  await target.stop();
  await rm(directory, { recursive: true, force: true });
});

const start = (port = 0) =>
  startLoadBalancer({
    program,
    directory,
    node: process.execPath,
    services: [
      { name: 'backend', port, healthCheck: { intervalMs: 100 } },
      { name: 'frontend', port: 0, healthCheck: { intervalMs: 100 } },
    ],
    shutdownMs: 3_000,
  });

const setTargets = (fence: number, ...targets: readonly DesiredTarget[]) =>
  client.setService('backend', { fence, holder: `writer ${fence}`, targets });

async function routed(): Promise<void> {
  await setTargets(1, target.target(100));
  await until(async () => (await client.service('backend')).targets[0]?.health === 'healthy');
}

function fetchText(pathname = '/', agent?: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    get(`${running.urls['backend']}${pathname}`, { agent: agent ?? false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.once('end', () => resolve(`${String(response.statusCode)} ${text}`));
      response.once('error', reject);
    }).once('error', reject);
  });
}

async function workerPid(generation: number): Promise<number> {
  const log = await readFile(running.logFile, 'utf8');
  const events = log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { event: string; pid: number; generation?: number });
  const serving = events.find((each) => each.event === 'serving' && each.generation === generation);
  return serving?.pid ?? 0;
}

describe('a load balancer of its own process', () => {
  it('serves, is found by its folder, and is gone after it was stopped', async () => {
    await routed();
    expect(await fetchText()).toBe('200 r1');
    expect(await findLoadBalancer(directory)).toEqual(running);
    await stopLoadBalancer(running);
    expect(await isAlive(running.identity)).toBe(false);
    expect(await findLoadBalancer(directory)).toBeUndefined();
    await expect(fetchText()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('keeps its token where only its owner can read it, and asks for it', async () => {
    expect((await stat(running.tokenFile)).mode & 0o777).toBe(0o600);
    await writeFile(running.tokenFile, 'guess');
    const stranger = await connectLoadBalancer(running);
    await expect(stranger.services()).rejects.toMatchObject({ code: 'LOAD_BALANCER_FORBIDDEN' });
    await expect(stranger.metrics()).rejects.toMatchObject({ code: 'LOAD_BALANCER_FORBIDDEN' });
  });

  it('refuses an older fence and says who holds the service', async () => {
    await setTargets(7, target.target(100));
    await expect(setTargets(6)).rejects.toMatchObject({
      code: 'FENCE_STALE',
      message: expect.stringContaining('writer 7 holds it with fence 7'),
    });
    await client.takeFence('backend', { fence: 9, holder: 'successor' });
    await expect(setTargets(8)).rejects.toMatchObject({ code: 'FENCE_STALE' });
    expect(await client.service('backend')).toMatchObject({
      fence: 9,
      holder: 'successor',
      targets: [{ revision: 'r1', weight: 100 }],
    });
  });

  it('refuses a desired state that makes no sense, and services it does not have', async () => {
    await expect(setTargets(1, { ...target.target(100), weight: -1 })).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining('weight'),
    });
    await expect(setTargets(1, target.target(1), target.target(2))).rejects.toMatchObject({
      message: expect.stringContaining('same address'),
    });
    await expect(client.service('other')).rejects.toMatchObject({ code: 'SERVICE_UNKNOWN' });
  });

  it('says who has the port that it was to take', async () => {
    const port = Number(new URL(running.urls['frontend'] ?? '').port);
    await expect(start(port)).rejects.toMatchObject({
      code: 'PORT_TAKEN',
      message: expect.stringContaining('load-balancer.mjs'),
    });
    client = await connectLoadBalancer(running).catch(() => client);
  });

  it('reports why it did not start', async () => {
    const other = path.join(directory, 'other');
    const failed = startLoadBalancer({
      program: path.join(directory, 'missing.mjs'),
      directory: other,
      node: process.execPath,
      services: [{ name: 'backend', port: 0 }],
    });
    await expect(failed).rejects.toMatchObject({
      code: 'LOAD_BALANCER_FAILED',
      message: expect.stringContaining('Cannot find module'),
    });
  });

  it('finishes requests in flight when it is stopped', async () => {
    await routed();
    const slow = fetchText('/slow');
    await until(() => target.requests === 1);
    await stopLoadBalancer(running);
    expect(await slow).toBe('200 slow');
  });

  it('serves the same routing again after a restart, at once', async () => {
    await routed();
    await stopLoadBalancer(running);
    target.health = 503; // not even its health check passes
    running = await start();
    client = await connectLoadBalancer(running);
    expect(await fetchText()).toBe('200 r1');
    expect(await client.service('backend')).toMatchObject({ fence: 1, holder: 'writer 1' });
  });

  it('never refuses a connection while its worker is killed again and again', async () => {
    await routed();
    const outcomes: string[] = [];
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    let isOver = false;
    const clients = Array.from({ length: 8 }, async () => {
      while (!isOver) outcomes.push(await fetchText('/', agent).catch((error) => error.code));
    });
    for (const generation of [1, 2, 3]) {
      await until(async () => (await workerPid(generation)) !== 0);
      const before = outcomes.length;
      await until(() => outcomes.length > before + 200);
      process.kill(await workerPid(generation), 'SIGKILL');
    }
    await until(async () => (await workerPid(4)) !== 0);
    const before = outcomes.length;
    await until(() => outcomes.length > before + 200);
    isOver = true;
    await Promise.all(clients);
    agent.destroy();
    const answered = outcomes.filter((outcome) => outcome === '200 r1').length;
    const broken = outcomes.filter((outcome) => outcome !== '200 r1');
    // Each kill breaks what is in flight on eight connections, and nothing else.
    expect(broken.length).toBeLessThanOrEqual(3 * 8);
    expect(broken.filter((outcome) => !['ECONNRESET', 'EPIPE'].includes(outcome))).toEqual([]);
    const { generation, revisions } = await client.service('backend');
    expect(generation).toBe(4);
    // The last quarter of a second before each kill may be missing, nothing is counted twice.
    expect(revisions[0]!.statuses['2xx']).toBeLessThanOrEqual(answered + broken.length);
    expect(revisions[0]!.statuses['2xx']).toBeGreaterThan(0);
  });

  it('goes with its supervisor, so that no port stays taken', async () => {
    await routed();
    process.kill(running.identity.pid, 'SIGKILL');
    await until(async () => (await fetchText().catch(() => 'gone')) === 'gone');
    expect(await findLoadBalancer(directory)).toBeUndefined();
  });

  it('offers its counts to Prometheus', async () => {
    await routed();
    await fetchText();
    const metrics = await client.metrics();
    expect(metrics).toContain(
      'load_balancer_responses_total{service="backend",revision="r1",code="2xx"} 1\n',
    );
    expect(metrics).toContain(
      'load_balancer_latency_seconds_count{service="backend",revision="r1"} 1\n',
    );
    expect(metrics).toContain(
      'load_balancer_target_healthy{service="backend",revision="r1",target=',
    );
  });
});
