import fs from 'node:fs/promises';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { card, cardPage, problem } from '@prompt-card/contract';
import { startPostgres, stopPostgres, type PostgresServer } from '@prompt-card/embedded-postgres';
import { BackendProcess } from './backend-process.ts';

jest.setTimeout(60_000);

let folder: string;
let server: PostgresServer;
let databaseUrl: string;
const running: BackendProcess[] = [];

beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'backend-e2e-'));
  await fs.chmod(folder, 0o755);
  server = await startPostgres({ dataDirectory: path.join(folder, 'data'), durable: false });
  await server.createDatabase('cards');
  databaseUrl = server.url('cards');
  const migrated = new BackendProcess({
    args: ['migrate'],
    env: { DATABASE_URL: databaseUrl },
  });
  expect(await migrated.ended).toEqual({ code: 0, signal: null });
});
afterEach(async () => {
  for (const backend of running.splice(0)) {
    backend.signal('SIGKILL');
    await backend.ended;
  }
});
afterAll(async () => {
  await server.stop();
  await stopPostgres(path.join(folder, 'data'));
  await fs.rm(folder, { recursive: true, force: true });
});

function start(env: Record<string, string> = {}): BackendProcess {
  const backend = new BackendProcess({ env: { DATABASE_URL: databaseUrl, ...env } });
  running.push(backend);
  return backend;
}

/** Slow enough that a request is certainly under way when the test acts. */
const slow = (latencyMs: number) => ({
  DEPLOY_ENVIRONMENT: 'local',
  FAULT: `latency-ms=${latencyMs}`,
});

const requestSeen = (backend: BackendProcess) =>
  backend.line(({ msg, req }) => msg === 'incoming request' && pathOf(req) === '/api/cards');

const pathOf = (request: unknown) => (request as { path: string }).path;

const sendJson = (url: string, method: string, body?: object) =>
  fetch(url, {
    method,
    ...(body && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  });

describe('cards over HTTP', () => {
  it('live from creation to the archive', async () => {
    const cards = `${await start().listening()}/api/cards`;
    const title = `Greeting ${Date.now()}`;
    const answer = await sendJson(cards, 'POST', { title, template: 'Hi {{ name }}' });
    expect(answer.status).toBe(201);
    const created = card.parse(await answer.json());
    const url = new URL(answer.headers.get('location')!, cards).href;

    expect(card.parse(await (await fetch(url)).json())).toEqual(created);
    const changed = await sendJson(url, 'PATCH', { version: 1, template: 'Hi {{ who }}' });
    expect(card.parse(await changed.json())).toMatchObject({ variables: ['who'], version: 2 });
    const stale = await sendJson(url, 'PATCH', { version: 1, title: 'Late' });
    expect(problem.parse(await stale.json())).toMatchObject({
      status: 409,
      code: 'CARD_VERSION_CONFLICT',
    });
    expect((await sendJson(`${url}/archive`, 'POST')).status).toBe(200);
    const search = `${cards}?q=${encodeURIComponent(title)}`;
    expect(cardPage.parse(await (await fetch(search)).json()).items).toEqual([]);
  });

  it('are the same from two revisions on one database', async () => {
    const blue = await start({ REVISION: 'one', COLOUR: 'blue' }).listening();
    const green = await start({ REVISION: 'two', COLOUR: 'green' }).listening();
    const created = await sendJson(`${blue}/api/cards`, 'POST', { title: 'Shared', template: 'x' });
    expect(created.headers.get('x-revision')).toBe('one');
    const found = await fetch(`${green}${created.headers.get('location')}`);
    expect(found.headers.get('x-revision')).toBe('two');
    expect(await found.json()).toEqual(await created.json());
    expect(await (await fetch(`${green}/metrics`)).text()).toMatch(
      /http_requests_total\{.*route="\/api\/cards\/:id".*revision="two",colour="green"\} 1/,
    );
  });
});

describe('shutdown', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'on %s finishes the request under way',
    async (signal) => {
      const backend = start(slow(500));
      const url = await backend.listening();
      const answer = fetch(`${url}/api/cards`);
      await requestSeen(backend);
      backend.signal(signal);
      expect((await answer).status).toBe(200);
      expect(await backend.ended).toEqual({ code: 0, signal: null });
    },
  );

  it('takes no new connection meanwhile', async () => {
    const backend = start(slow(3_000));
    const url = await backend.listening();
    let answered = false;
    const answer = fetch(`${url}/api/cards`).finally(() => (answered = true));
    await requestSeen(backend);
    backend.signal('SIGTERM');
    // Each attempt is a client of its own; one that comes while the socket closes may be cut off.
    let code: unknown;
    while (code !== 'ECONNREFUSED') code = await statusOf(`${url}/api/health`).catch(codeOf);
    expect(answered).toBe(false);
    expect((await answer).status).toBe(200);
    expect(await backend.ended).toEqual({ code: 0, signal: null });
  });

  it('does not wait for clients that keep their connection open', async () => {
    const backend = start(slow(300));
    const url = await backend.listening();
    const agent = new http.Agent({ keepAlive: true });
    await statusOf(`${url}/api/health`, agent);
    const underWay = statusOf(`${url}/api/cards`, agent);
    await requestSeen(backend);
    backend.signal('SIGTERM');
    expect(await underWay).toBe(200);
    expect(await backend.ended).toEqual({ code: 0, signal: null });
    agent.destroy();
  });

  it('cuts off what takes longer than agreed, and says so', async () => {
    const backend = start({ ...slow(600_000), SHUTDOWN_TIMEOUT_MS: '100' });
    const url = await backend.listening();
    const answer = fetch(`${url}/api/cards`).then(
      ({ status }) => status,
      () => 'cut off',
    );
    await requestSeen(backend);
    backend.signal('SIGTERM');
    expect(await answer).toBe('cut off');
    expect(await backend.ended).toEqual({ code: 1, signal: null });
    expect(backend.stdout).toContainEqual(expect.objectContaining({ event: 'cut-off' }));
  });
});

describe('a database that goes away', () => {
  it('makes requests fail with 503 until it is back, while the process lives on', async () => {
    const backend = start();
    const url = await backend.listening();
    expect((await fetch(`${url}/api/cards`)).status).toBe(200);

    process.kill(server.pid, 'SIGKILL');
    let answer = await fetch(`${url}/api/cards`);
    while (answer.status === 200) answer = await fetch(`${url}/api/cards`);
    expect(problem.parse(await answer.json())).toMatchObject({
      status: 503,
      code: 'SERVICE_UNAVAILABLE',
    });
    expect((await fetch(`${url}/api/health`)).status).toBe(200);

    const { dataDirectory, port } = server;
    server = await startPostgres({ dataDirectory, port, durable: false });
    expect((await fetch(`${url}/api/cards`)).status).toBe(200);
    expect(await backend.stop()).toEqual({ code: 0, signal: null });
  });
});

function statusOf(url: string, agent?: http.Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { ...(agent && { agent }) }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
    });
    request.on('error', reject);
  });
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;
