import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ServiceConfigInput } from './service-config.ts';
import { startTarget, type TargetServer } from './testing/target-server.ts';
import { TestBalancer, until } from './testing/test-balancer.ts';

let stable: TargetServer;
let canary: TargetServer;
let lb: TestBalancer;

beforeEach(async () => {
  stable = await startTarget('r1');
  canary = await startTarget('r2');
});
afterEach(async () => {
  await lb.close();
  await stable.stop();
  await canary.stop();
});

const start = async (config: Partial<ServiceConfigInput> = {}, random?: () => number) => {
  lb = await TestBalancer.start(config, random === undefined ? {} : { random });
};

/** Equally spaced "random" numbers: shares come out exact. */
function evenly(): () => number {
  let n = 0;
  return () => (((n++ * 37) % 100) + 0.5) / 100;
}

describe('routing', () => {
  it('spreads requests by weight, and counts exactly what it answered', async () => {
    await start({}, evenly());
    await lb.route(stable.target(90), canary.target(10));
    const answers = await Promise.all(Array.from({ length: 200 }, () => lb.get()));
    expect(answers.filter(({ revision }) => revision === 'r2')).toHaveLength(20);
    expect(answers.every(({ revision, body }) => revision === body)).toBe(true);
    expect(lb.counts('r1')).toMatchObject({ requests: 180, statuses: { '2xx': 180 }, inFlight: 0 });
    expect(lb.counts('r2')).toMatchObject({ requests: 20, statuses: { '2xx': 20 }, inFlight: 0 });
    const { latency } = lb.counts('r1');
    expect(Object.values(latency).reduce((sum, count) => sum + count, 0)).toBe(180);
    const series = lb.balancer.series('backend');
    expect(series.reduce((sum, { requests }) => sum + requests, 0)).toBe(200);
  });

  it('answers 503 without a target, and counts that too', async () => {
    await start();
    const answer = await lb.get();
    expect(answer).toMatchObject({
      status: 503,
      headers: { 'content-type': 'application/problem+json' },
    });
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'NO_TARGET', status: 503 });
    expect(lb.status().unrouted).toBe(1);
  });

  it('sends nothing to a target before it has passed a health check', async () => {
    await start();
    canary.health = 503;
    await lb.set(canary.target(100));
    await until(() => lb.status().targets[0]?.lastFailure === 'answered 503');
    expect(await lb.get()).toMatchObject({ status: 503 });
    expect(canary.requests).toBe(0);
    canary.health = 200;
    await until(() => lb.status().targets[0]?.health === 'healthy');
    expect(await lb.get()).toMatchObject({ status: 200, revision: 'r2' });
  });

  it('takes a target out that falls sick, and back in when it recovers', async () => {
    await start();
    await lb.route(stable.target(50), canary.target(50));
    canary.health = 500;
    await until(() => lb.status().targets[1]?.health === 'unhealthy');
    const answers = await Promise.all(Array.from({ length: 50 }, () => lb.get()));
    expect(answers.every(({ revision }) => revision === 'r1')).toBe(true);
    canary.health = 200;
    await until(() => lb.status().targets[1]?.health === 'healthy');
  });

  it('goes on with sick targets when there are no others', async () => {
    await start();
    await lb.route(stable.target(100));
    stable.health = 503;
    await until(() => lb.status().targets[0]?.health === 'unhealthy');
    expect(await lb.get()).toMatchObject({ status: 200, revision: 'r1' });
  });

  it('gives a draining target nothing new and lets it finish what it has', async () => {
    const slow = await startTarget('slow', (_request, response) => {
      response.write('begun ');
      release = () => response.end('done');
    });
    let release = (): void => undefined;
    await start();
    await lb.route(slow.target(100));
    const answer = lb.get();
    await until(() => slow.requests === 1);
    await lb.route(slow.target(100, 'draining'), stable.target(100));
    expect(await lb.get()).toMatchObject({ revision: 'r1' });
    expect(lb.status().targets[0]).toMatchObject({ state: 'draining', inFlight: 1 });
    release();
    expect(await answer).toMatchObject({ body: 'begun done', revision: 'slow' });
    expect(lb.status().targets[0]).toMatchObject({ inFlight: 0 });
    await slow.stop();
  });

  it('shows a removed target until it is idle, then forgets it but not its counts', async () => {
    let release = (): void => undefined;
    const slow = await startTarget('slow', (_request, response) => {
      release = () => response.end('done');
    });
    await start();
    await lb.route(slow.target(100));
    const answer = lb.get();
    await until(() => slow.requests === 1);
    await lb.set(stable.target(100));
    expect(lb.status().targets.map(({ revision }) => revision)).toEqual(['r1', 'slow']);
    release();
    expect(await answer).toMatchObject({ status: 200 });
    expect(lb.status().targets.map(({ revision }) => revision)).toEqual(['r1']);
    expect(lb.counts('slow')).toMatchObject({ requests: 1, inFlight: 0 });
    await slow.stop();
  });

  it('cuts off what a draining target has not finished after the deregistration delay', async () => {
    const stuck = await startTarget('stuck', (_request, response) => void response.write('begun'));
    await start({ deregistrationDelayMs: 50 });
    await lb.route(stuck.target(100));
    const answer = lb.get();
    await until(() => stuck.requests === 1);
    await lb.set(stuck.target(100, 'draining'), stable.target(100));
    await expect(answer).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(lb.counts('stuck')).toMatchObject({ requests: 1, truncated: 1, inFlight: 0 });
    await stuck.stop();
  });

  it('reaches a revision at weight 0 by header, where that is allowed', async () => {
    await start({ revisionOverride: true });
    await lb.route(stable.target(100), canary.target(0));
    const asked = (revision: string) => lb.get('/', { headers: { 'x-revision': revision } });
    expect(await asked('r2')).toMatchObject({ status: 200, revision: 'r2' });
    const answer = await asked('r3');
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'REVISION_UNAVAILABLE' });
    expect(await lb.get()).toMatchObject({ revision: 'r1' });
  });

  it('ignores that header where it is not allowed', async () => {
    await start();
    await lb.route(stable.target(100), canary.target(0));
    const answer = await lb.get('/', { headers: { 'x-revision': 'r2' } });
    expect(answer).toMatchObject({ status: 200, revision: 'r1' });
  });

  it('makes a weight of 0 mean nothing at all', async () => {
    await start();
    await lb.route(stable.target(1), canary.target(0));
    await Promise.all(Array.from({ length: 100 }, () => lb.get()));
    expect(canary.requests).toBe(0);
  });
});

describe('sticky routing', () => {
  const cookieOf = (answer: { headers: { 'set-cookie'?: string[] } }) =>
    answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '';

  it('pins a session to its revision while that has weight', async () => {
    await start({ mode: 'sticky' }, evenly());
    await lb.route(stable.target(50), canary.target(50));
    const first = await lb.get();
    const cookie = `theme=dark; ${cookieOf(first)}`;
    for (let n = 0; n < 20; n++) {
      const next = await lb.get('/', { headers: { cookie } });
      expect(next.revision).toBe(first.revision);
      expect(next.headers['set-cookie']).toBeUndefined();
    }
    const other = first.revision === 'r1' ? canary : stable;
    const weights = [stable, canary].map((target) => target.target(target === other ? 100 : 0));
    await lb.route(...weights);
    const moved = await lb.get('/', { headers: { cookie } });
    expect(moved.revision).toBe(other.revision);
    expect(cookieOf(moved)).toBe(`lb-revision=${other.revision}`);
  });

  it('can keep stale sessions for a while, as a cloud does', async () => {
    await start({ mode: 'sticky', simulate: { staleStickyMs: 300 } });
    await lb.route(stable.target(100), canary.target(0));
    const headers = { cookie: cookieOf(await lb.get()) };
    await lb.route(stable.target(0), canary.target(100));
    expect(await lb.get('/', { headers })).toMatchObject({ revision: 'r1' });
    expect(await lb.get()).toMatchObject({ revision: 'r2' });
    await until(async () => (await lb.get('/', { headers })).revision === 'r2');
  });
});

describe('a change of routing', () => {
  it('can take effect late, as in a cloud, and says so', async () => {
    await start({ simulate: { propagationDelayMs: 100 } });
    expect((await lb.set(stable.target(100))).applied).toBe(false);
    expect(lb.status().targets).toEqual([]);
    await until(() => lb.status().applied);
    expect(lb.status().targets).toHaveLength(1);
  });

  it('is on disk before it is in effect, and survives a restart', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'balancer-'));
    lb = await TestBalancer.start({}, { directory });
    await lb.route(stable.target(100));
    const file = JSON.parse(await readFile(path.join(directory, 'routing.json'), 'utf8'));
    expect(file.services.backend.targets).toEqual([stable.target(100)]);
    await lb.balancer.close(0);
    lb.agent.destroy();
    stable.health = 503;
    lb = await TestBalancer.start({}, { directory });
    expect(await lb.get()).toMatchObject({ status: 200, revision: 'r1' });
  });

  it('is refused from a writer with an older fence', async () => {
    await start();
    const write = (fence: number, holder: string) =>
      lb.balancer.setService('backend', { fence, holder, targets: [] });
    await write(5, 'newer');
    await expect(write(4, 'older')).rejects.toMatchObject({
      code: 'FENCE_STALE',
      message: expect.stringContaining('newer holds it with fence 5'),
    });
    await write(5, 'newer');
    const racing = await Promise.allSettled([write(8, 'a'), write(7, 'b'), write(9, 'c')]);
    expect(racing.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(lb.status()).toMatchObject({ fence: 9, holder: 'c' });
  });
});

describe('a target that cannot be reached', () => {
  it('costs no request while another one lives', async () => {
    await start();
    await lb.route(stable.target(50), canary.target(50));
    await canary.crash();
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        lb.send({ method: n % 2 ? 'POST' : 'GET' }, n % 2 ? 'x' : ''),
      ),
    );
    expect(answers.map(({ status }) => status).filter((status) => status !== 200)).toEqual([]);
    expect(lb.counts('r2').retries).toBe(lb.counts('r2').connectErrors);
    expect(lb.counts('r1').requests).toBe(60);
  });

  it('is waited for if it is the only one and comes back soon', async () => {
    await start({ timeouts: { connectBudgetMs: 20_000 } });
    await lb.route(stable.target(100));
    await stable.crash();
    const answer = lb.get();
    await until(() => lb.counts('r1').connectErrors > 0);
    const again = await startTarget('r1', undefined, stable.port);
    expect(await answer).toMatchObject({ status: 200, body: 'r1' });
    await again.stop();
  });

  it('answers 502 when the wait is over, in its revision’s name', async () => {
    await start({ timeouts: { connectBudgetMs: 10 } });
    await lb.route(stable.target(100));
    await stable.crash();
    const answer = await lb.get();
    expect(answer).toMatchObject({ status: 502, revision: 'r1' });
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'TARGET_UNREACHABLE' });
    expect(lb.counts('r1')).toMatchObject({ requests: 1, statuses: { '5xx': 1 }, inFlight: 0 });
  });
});
