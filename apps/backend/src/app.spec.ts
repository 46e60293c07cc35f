import fs from 'node:fs';
import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';
import { Writable } from 'node:stream';
import {
  comprehensiveHealth,
  health,
  problem,
  problemStatuses,
  type ProblemCode,
} from '@prompt-card/contract';
import { Database } from '@prompt-card/store';
import { noFaults, type Faults } from './faults.ts';
import { logSettings } from './log.ts';
import { readConfig } from './config.ts';
import { problemTitles } from './problem-error.ts';
import {
  startTemporaryPostgres,
  startTestApp,
  testIdentity,
  type PostgresServer,
  type TestApp,
  type TestAppOptions,
} from './testing/test-app.ts';

jest.setTimeout(60_000);

let server: PostgresServer;
const running: TestApp[] = [];

beforeAll(async () => {
  server = await startTemporaryPostgres();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((test) => test.close()));
});
afterAll(() => server.stop());

async function start(options: Partial<TestAppOptions> = {}) {
  const test = await startTestApp(server, { name: 'app', ...options });
  running.push(test);
  return test.app;
}

const withFaults = (faults: Partial<Faults>) =>
  start({ overrides: { faults: { ...noFaults, ...faults } } });

/** A database that nobody serves. */
const unreachable = () =>
  new Database({ url: 'postgresql://nobody:secret@127.0.0.1:1/none', applicationName: 'app-spec' });

describe('health', () => {
  it('is alive without asking the database', async () => {
    const database = unreachable();
    const app = await start({ overrides: { database } });
    const answer = await app.inject('/api/health');
    expect(answer.statusCode).toBe(200);
    expect(health.parse(answer.json())).toEqual({ status: 'pass', revision: 'rev-7' });
    await database.close();
  });

  it('is ready on a migrated database', async () => {
    const answer = await (await start()).inject('/api/health/comprehensive');
    expect(answer.statusCode).toBe(200);
    const found = comprehensiveHealth.parse(answer.json());
    expect(found).toMatchObject({ ...testIdentity, status: 'pass', schemaVersion: '0000_cards' });
    expect(Object.keys(found.checks)).toEqual(['database', 'migrations', 'cache']);
  });

  it('is not ready while migrations are pending, and says what to do', async () => {
    const app = await start({ name: 'unmigrated', migrated: false });
    const answer = await app.inject('/api/health/comprehensive');
    expect(answer.statusCode).toBe(503);
    expect(comprehensiveHealth.parse(answer.json())).toMatchObject({
      status: 'fail',
      schemaVersion: null,
      checks: {
        database: { status: 'pass' },
        migrations: { status: 'fail', detail: expect.stringContaining('main.js migrate') },
      },
    });
  });

  it('is not ready without its database', async () => {
    const database = unreachable();
    const app = await start({ overrides: { database } });
    const answer = await app.inject('/api/health/comprehensive');
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({
      status: 'fail',
      checks: { database: { status: 'fail' } },
    });
    expect(answer.body).not.toContain('secret');
    await database.close();
  });

  it('never becomes ready when FAULT says so, but stays alive', async () => {
    const app = await withFaults({ neverHealthy: true });
    expect((await app.inject('/api/health/comprehensive')).statusCode).toBe(503);
    expect((await app.inject('/api/health')).statusCode).toBe(200);
  });
});

describe('the database', () => {
  it('that cannot be reached is a 503 that invites to try again', async () => {
    const database = unreachable();
    const app = await start({ overrides: { database } });
    const answer = await app.inject('/api/cards');
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    expect(problem.parse(answer.json())).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    await database.close();
  });

  it('that lacks a table is a 500 without details', async () => {
    const app = await start({ name: 'tableless', migrated: false });
    const answer = await app.inject('/api/cards');
    expect(answer.statusCode).toBe(500);
    expect(problem.parse(answer.json())).toMatchObject({ code: 'INTERNAL_ERROR' });
    expect(answer.body).not.toMatch(/relation|select/i);
  });
});

describe('FAULT', () => {
  it('fails the asked share of requests', async () => {
    const app = await withFaults({ errorRate: 0.25 });
    const statuses: number[] = [];
    for (let n = 0; n < 20; n += 1) statuses.push((await app.inject('/api/cards')).statusCode);
    expect(statuses.filter((status) => status === 500)).toHaveLength(5);
    expect(statuses.filter((status) => status === 200)).toHaveLength(15);
  });

  it('spares health and metrics', async () => {
    const app = await withFaults({ errorRate: 1 });
    for (const url of ['/api/health', '/api/health/comprehensive', '/metrics']) {
      expect((await app.inject(url)).statusCode).toBe(200);
    }
    expect((await app.inject('/api/cards')).statusCode).toBe(500);
  });

  it('delays answers', async () => {
    const app = await withFaults({ latencyMs: 50 });
    const startedAt = performance.now();
    await app.inject('/api/cards');
    // Timers may fire a millisecond early; never much.
    expect(performance.now() - startedAt).toBeGreaterThan(45);
  });
});

describe('/metrics', () => {
  it('counts requests by route pattern, and labels everything with revision and colour', async () => {
    const app = await start();
    await app.inject('/api/cards');
    await app.inject('/api/cards/01890a5d-ac96-7abc-8def-0123456789ab');
    await app.inject('/api/nothing/at/all');
    const text = (await app.inject('/metrics')).body;
    const count = (route: string, status: number) =>
      text
        .split('\n')
        .find((line) =>
          ['http_requests_total', `route="${route}"`, `status="${status}"`].every((part) =>
            line.includes(part),
          ),
        );
    expect(count('/api/cards', 200)).toMatch(/revision="rev-7".* 1$/);
    expect(count('/api/cards', 200)).toContain('colour="green"');
    expect(count('/api/cards/:id', 404)).toMatch(/ 1$/);
    expect(count('unmatched', 404)).toMatch(/ 1$/);
    expect(text).toContain('http_request_duration_seconds_bucket');
    expect(text).toContain('process_cpu_seconds_total');
  });
});

describe('/api/docs', () => {
  it('describes every route as OpenAPI 3.1', async () => {
    const app = await start();
    const document = (await app.inject('/api/docs/json')).json();
    expect(document.openapi).toBe('3.1.0');
    expect(document.info.version).toBe('1.2.3');
    const operations = Object.entries<object>(document.paths).flatMap(([url, methods]) =>
      Object.keys(methods).map((method) => `${method} ${url}`),
    );
    expect(operations.sort()).toEqual([
      'get /api/cards',
      'get /api/cards/{id}',
      'get /api/health',
      'get /api/health/comprehensive',
      'patch /api/cards/{id}',
      'post /api/cards',
      'post /api/cards/{id}/archive',
    ]);
    expect(Object.keys(document.components.schemas)).toEqual(
      expect.arrayContaining(['Card', 'Problem']),
    );
  });

  it('refers to no schema that it does not contain', async () => {
    const app = await start();
    const { body } = await app.inject('/api/docs/json');
    const { components } = JSON.parse(body);
    const names = [...body.matchAll(/#\/components\/schemas\/([\w.-]+)/g)].map(([, name]) => name);
    expect(names).not.toHaveLength(0);
    for (const name of names) expect(components.schemas).toHaveProperty(name!);
  });

  it('has pages for people', async () => {
    const app = await start();
    const page = await app.inject('/api/docs/');
    expect(page.headers['content-type']).toContain('text/html');
    expect((await app.inject('/api/docs/static/swagger-ui.css')).statusCode).toBe(200);
  });
});

describe('every response', () => {
  it.each(['/api/cards', '/api/health', '/metrics', '/api/docs/json', '/nowhere', '/%zz'])(
    'carries the revision and a request id: %s',
    async (url) => {
      const { headers } = await (await start()).inject(url);
      expect(headers['x-revision']).toBe('rev-7');
      expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  it('takes over a sensible request id and no other', async () => {
    const app = await start();
    const idFor = async (given: string) =>
      (await app.inject({ url: '/api/health', headers: { 'x-request-id': given } })).headers[
        'x-request-id'
      ];
    expect(await idFor('trace-0815-4711')).toBe('trace-0815-4711');
    expect(await idFor('x'.repeat(65))).not.toBe('x'.repeat(65));
    expect(await idFor('"}{"level":"fatal')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is a problem even to bytes that are not HTTP', async () => {
    const app = await start();
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as net.AddressInfo;
    const socket = net.connect(port, '127.0.0.1');
    socket.end('HELO mail.example\r\n\r\n');
    let text = '';
    socket.on('data', (chunk) => (text += String(chunk)));
    await once(socket, 'close');
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(text).toContain('x-revision: rev-7');
    expect(problem.parse(JSON.parse(text.split('\r\n\r\n')[1]!))).toMatchObject({ status: 400 });
  });
});

describe('the log', () => {
  it('holds the request id and neither query strings nor bodies nor credentials', async () => {
    const lines: string[] = [];
    const stream = new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk));
        done();
      },
    });
    const app = await start({ overrides: { logger: logSettings(readConfig({}), stream) } });
    const answer = await app.inject({
      method: 'POST',
      url: '/api/cards?q=hunter2',
      headers: { authorization: 'Bearer hunter2' },
      payload: { title: 'hunter2', template: 'hunter2' },
    });
    expect(answer.statusCode).toBe(201);
    const log = lines.join('');
    expect(log).toContain(String(answer.headers['x-request-id']));
    expect(log).not.toContain('hunter2');
  });
});

describe('docs/errors.md', () => {
  const file = path.join(__dirname, '../../../docs/errors.md');

  it('lists every code with its status and title, and no other', () => {
    const listed = fs
      .readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line) => {
        const [, code, status, title] =
          /^\| `([A-Z_]+)` +\| (\d{3}) +\| (.+?) +\|/.exec(line) ?? [];
        return code === undefined ? [] : [{ code, status: Number(status), title }];
      });
    const codes = Object.keys(problemStatuses) as ProblemCode[];
    expect(listed).toEqual(
      codes.map((code) => ({ code, status: problemStatuses[code], title: problemTitles[code] })),
    );
  });
});
