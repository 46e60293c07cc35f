import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RequestPlan } from './request-plan.ts';
import { seededRandom } from './seeded-random.ts';
import { startTraffic, type TrafficOptions } from './start-traffic.ts';
import type { TrafficScenario } from './traffic-scenario.ts';

const cardTraffic: TrafficScenario = {
  name: 'cards',
  maxResources: 50,
  operations: [
    { name: 'list', weight: 40, method: 'GET', path: '/api/cards?limit=20' },
    { name: 'read', weight: 35, method: 'GET', path: '/api/cards/{id}' },
    {
      name: 'create',
      weight: 10,
      method: 'POST',
      path: '/api/cards',
      body: {
        title: 'Traffic {n}',
        template: 'Summarise {{ text }} in {{ words }} words.',
        tags: ['traffic'],
      },
      creates: true,
    },
    {
      name: 'update',
      weight: 14,
      method: 'PATCH',
      path: '/api/cards/{id}',
      body: { version: '{version}', description: 'changed {n}' },
    },
    {
      name: 'archive',
      weight: 8,
      method: 'POST',
      path: '/api/cards/{id}/archive',
      removes: true,
    },
  ],
};

jest.setTimeout(60_000);

let server: Server;
let url: string;
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

async function serve(handler: RequestListener): Promise<void> {
  server = createServer(handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const run = (options: Partial<TrafficOptions> = {}) =>
  startTraffic({ url, scenario: cardTraffic, requestsPerSecond: 200, seed: 7, ...options });

const list = { name: 'list', weight: 1, method: 'GET', path: '/' } as const;
const onlyLists = { name: 'lists', maxResources: 0, operations: [list] };

async function sentAtLeast(count: number, traffic: ReturnType<typeof run>): Promise<void> {
  while (traffic.report().sent < count) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** The card API as far as the scenario uses it, with its rules for versions and archived cards. */
async function serveCards(): Promise<Map<string, { version: number; archived: boolean }>> {
  const cards = new Map<string, { version: number; archived: boolean }>();
  await serve((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += String(chunk)));
    request.on('end', () => {
      const answer = (status: number, body: unknown): void => {
        response.writeHead(status, { 'x-served-by': 'r1' }).end(JSON.stringify(body));
      };
      const [, , , id = '', action] = (request.url ?? '').split(/[/?]/);
      if (request.method === 'POST' && action === undefined) {
        const created = `card-${cards.size}`;
        cards.set(created, { version: 1, archived: false });
        answer(201, { id: created, version: 1 });
        return;
      }
      if (request.url?.includes('?limit')) {
        answer(200, { items: [] });
        return;
      }
      const card = cards.get(id);
      if (card === undefined) answer(404, {});
      else if (action === 'archive') {
        card.archived = true;
        answer(200, { id, version: ++card.version });
      } else if (request.method === 'PATCH') {
        const { version } = JSON.parse(text) as { version: number };
        if (version !== card.version || card.archived)
          answer(409, { asked: version, is: card.version });
        else answer(200, { id, version: ++card.version });
      } else answer(200, { id, version: card.version });
    });
  });
  return cards;
}

describe('traffic', () => {
  it('lists, reads, creates, changes and archives cards without a conflict of its own making, and leaves none behind', async () => {
    const cards = await serveCards();
    const traffic = run({ scenario: { ...cardTraffic, maxResources: 5 } });
    await sentAtLeast(300, traffic);
    expect([...cards.values()].filter(({ archived }) => !archived).length).toBeLessThanOrEqual(5);
    const report = await traffic.stop();
    expect(report.examples).toEqual([]);
    expect(report.succeeded).toBe(report.sent);
    expect(Object.keys(report.byOperation).sort()).toEqual(
      cardTraffic.operations.map(({ name }) => name).sort(),
    );
    expect(Object.keys(report.byRevision)).toEqual(['r1']);
    expect([...cards.values()].filter(({ archived }) => !archived)).toEqual([]);
    expect(Object.values(report.latency).reduce((sum, count) => sum + count, 0)).toBe(report.sent);
  });

  it('counts failures by class and keeps examples of them', async () => {
    let n = 0;
    await serve((request, response) => {
      switch (n++ % 4) {
        case 0:
          response.writeHead(500, { 'x-served-by': 'r2' }).end('boom');
          return;
        case 1:
          response.writeHead(404, { 'x-served-by': 'r2' }).end();
          return;
        case 2:
          request.socket.destroy();
          return;
        default:
          response.writeHead(200, { 'x-served-by': 'r1' }).end();
      }
    });
    const traffic = run({ scenario: onlyLists });
    await sentAtLeast(40, traffic);
    const { sent, succeeded, failed, byRevision, examples } = await traffic.stop();
    expect(failed['5xx'] + failed['4xx'] + failed.connection + failed.timeout + succeeded).toBe(
      sent,
    );
    for (const failure of ['5xx', '4xx', 'connection'] as const) {
      expect(failed[failure]).toBeGreaterThanOrEqual(9);
    }
    expect(byRevision['r2']).toMatchObject({ failed: failed['5xx'] + failed['4xx'] });
    expect(byRevision['r1']).toMatchObject({ failed: 0 });
    expect(examples.join('\n')).toContain('list by r2: 5xx, 500 boom');
  });

  it('notices a response that does not come in time', async () => {
    await serve(() => undefined);
    const traffic = run({ scenario: onlyLists, timeoutMs: 30 });
    await sentAtLeast(3, traffic);
    const { failed, sent } = await traffic.stop();
    expect(failed.timeout).toBe(sent);
  });

  it('keeps its rate while answers are late, up to a bound', async () => {
    const waiting: (() => void)[] = [];
    await serve((_request, response) => void waiting.push(() => response.end()));
    const traffic = run({ scenario: onlyLists, maxInFlight: 10 });
    while (traffic.report().skipped < 5) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(waiting).toHaveLength(10);
    const stopped = traffic.stop();
    for (const answer of waiting) answer();
    expect(await stopped).toMatchObject({ sent: 10, succeeded: 10 });
  });

  it('stops by signal, and finishes what is in flight', async () => {
    let answer = (): unknown => undefined;
    await serve((_request, response) => (answer = () => response.end()));
    const controller = new AbortController();
    const traffic = run({ scenario: onlyLists, maxInFlight: 1, signal: controller.signal });
    while (traffic.report().skipped < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort();
    const { skipped } = traffic.report();
    const stopped = traffic.stop();
    answer();
    expect(await stopped).toMatchObject({ sent: 1, skipped });
    expect(await traffic.stop()).toEqual(await stopped);
  });
});

describe('a plan of requests', () => {
  // `serve` is not needed here, but the shared clean-up is
  beforeEach(() => serve((_request, response) => response.end()));

  it('is the same for the same seed', () => {
    const draw = (seed: number) => {
      const plan = new RequestPlan(cardTraffic, seededRandom(seed));
      return Array.from({ length: 50 }, () => plan.next()?.operation.name);
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it('fills in ids, versions and numbers, and leaves template variables alone', () => {
    const [, , create, update] = cardTraffic.operations;
    const plan = new RequestPlan(
      { ...cardTraffic, operations: [create!, update!] },
      seededRandom(1),
    );
    const first = plan.next()!;
    expect(JSON.parse(first.body!)).toMatchObject({
      title: 'Traffic 1',
      template: 'Summarise {{ text }} in {{ words }} words.',
    });
    plan.settle(first, { id: 'a b', version: 4 });
    let changed = plan.next()!;
    while (changed.operation.name !== 'update') {
      plan.settle(changed, { id: 'other', version: 4 });
      changed = plan.next()!;
    }
    expect(changed.path).toMatch(/^\/api\/cards\/(a b|other)$/);
    expect(JSON.parse(changed.body!)).toMatchObject({ version: 4 });
  });

  it('forgets a resource whose change failed: its version is unknown', () => {
    const [, read, create, update] = cardTraffic.operations;
    const plan = new RequestPlan(
      { name: 'x', maxResources: 1, operations: [create!, read!, update!] },
      seededRandom(3),
    );
    plan.settle(plan.next()!, { id: 'a', version: 1 });
    let next = plan.next()!;
    while (next.operation.name !== 'update') {
      plan.settle(next, {});
      next = plan.next()!;
    }
    plan.settle(next, undefined);
    expect(plan.next()!.operation.name).toBe('create');
  });
});
