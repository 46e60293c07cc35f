import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { comprehensiveHealth } from '@prompt-card/contract';
import { startTemporaryPostgres, type PostgresServer } from '@prompt-card/embedded-postgres';
import { BackendProcess, bundleFolder, type RunOptions } from './backend-process.ts';

jest.setTimeout(60_000);

let server: PostgresServer;
let folder: string;

beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'backend-e2e-'));
  await fs.chmod(folder, 0o755);
  server = await startTemporaryPostgres();
});
afterAll(async () => {
  await server.stop();
  await fs.rm(folder, { recursive: true, force: true });
});

/** Runs to the end and returns the exit code with everything that was said. */
async function run(options: RunOptions) {
  const backend = new BackendProcess(options);
  const { code } = await backend.ended;
  return { code, stdout: backend.stdout, stderr: backend.stderr };
}

async function freshDatabase(name: string): Promise<string> {
  await server.createDatabase(name);
  return server.url(name);
}

const local = (url: string, fault: string) => ({
  DATABASE_URL: url,
  DEPLOY_ENVIRONMENT: 'local',
  FAULT: fault,
});

describe('migrations', () => {
  it('lists what this build brings, with the SQL and what the database lacks, and changes nothing', async () => {
    const env = { DATABASE_URL: await freshDatabase('listed') };
    const lines = async () => (await run({ args: ['migrations'], env })).stdout;
    const [first] = await lines();
    expect(first).toMatchObject({
      event: 'migration',
      tag: '0000_cards',
      pending: true,
      sql: expect.stringContaining('CREATE TABLE "cards"'),
    });
    expect(await lines()).toContainEqual(first);
    await run({ args: ['migrate'], env });
    expect((await lines()).map(({ pending }) => pending)).not.toContain(true);
  });

  it('tells what it brings without a database', async () => {
    const { code, stdout } = await run({ args: ['migrations'] });
    expect(code).toBe(0);
    expect(stdout[0]).not.toHaveProperty('pending');
  });
});

describe('migrate', () => {
  it('prints a line per migration, and nothing is left to do the second time', async () => {
    const env = { DATABASE_URL: await freshDatabase('migrated') };
    const first = await run({ args: ['migrate'], env });
    expect(first).toMatchObject({ code: 0, stderr: [] });
    expect(first.stdout[0]).toMatchObject({ event: 'migrated', tag: '0000_cards' });
    expect(first.stdout.at(-1)).toEqual({ event: 'done', applied: first.stdout.length - 1 });
    const second = await run({ args: ['migrate'], env });
    expect(second).toMatchObject({ code: 0, stdout: [{ event: 'done', applied: 0 }] });
  });

  it('exits with 1 and a next move when there is no database', async () => {
    const env = { DATABASE_URL: 'postgresql://nobody:hunter2@127.0.0.1:1/none' };
    const { code, stderr } = await run({ args: ['migrate'], env });
    expect(code).toBe(1);
    expect(stderr).toEqual([
      expect.objectContaining({ code: 'DATABASE_UNREACHABLE', next: expect.any(String) }),
    ]);
    expect(JSON.stringify(stderr)).not.toContain('hunter2');
  });
});

describe('serve', () => {
  it('does not migrate: it is not ready until somebody has', async () => {
    const env = { DATABASE_URL: await freshDatabase('waiting'), REVISION: 'r1', COLOUR: 'blue' };
    const backend = new BackendProcess({ env });
    const health = `${await backend.listening()}/api/health/comprehensive`;
    const before = await fetch(health);
    expect(before.status).toBe(503);
    expect(comprehensiveHealth.parse(await before.json())).toMatchObject({
      revision: 'r1',
      colour: 'blue',
      schemaVersion: null,
      checks: { migrations: { status: 'fail' } },
    });
    await run({ args: ['migrate'], env });
    // The result is shared for two seconds; then it passes.
    let after = await fetch(health);
    while (after.status !== 200) after = await fetch(health);
    expect(after.headers.get('x-revision')).toBe('r1');
    expect(await backend.stop()).toEqual({ code: 0, signal: null });
  });

  it('runs from a copy of its folder, far from any node_modules', async () => {
    const copy = path.join(folder, 'copy');
    await fs.cp(bundleFolder, copy, { recursive: true });
    const env = { DATABASE_URL: await freshDatabase('copied') };
    expect(await run({ args: ['migrate'], env, folder: copy, cwd: copy })).toMatchObject({
      code: 0,
    });
    const backend = new BackendProcess({ env, folder: copy, cwd: copy });
    const url = await backend.listening();
    expect((await fetch(`${url}/api/cards`)).status).toBe(200);
    const page = await fetch(`${url}/api/docs/`);
    expect(page.headers.get('content-type')).toContain('text/html');
    for (const asset of ['swagger-ui.css', 'swagger-ui-bundle.js', 'logo.svg', 'index.css']) {
      expect([asset, (await fetch(`${url}/api/docs/static/${asset}`)).status]).toEqual([
        asset,
        200,
      ]);
    }
    await backend.stop();
  });

  it('brings and migrates its own database when nothing is configured, and takes it along', async () => {
    const home = path.join(folder, 'home');
    await fs.mkdir(home);
    const backend = new BackendProcess({ cwd: home });
    const url = await backend.listening();
    const answer = await fetch(`${url}/api/cards`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ title: 'Kept', template: 'x' }),
    });
    expect(answer.status).toBe(201);
    backend.signal('SIGINT');
    expect(await backend.ended).toEqual({ code: 0, signal: null });
    const pidFile = path.join(home, 'tmp', 'dev-postgres', 'cluster', 'postmaster.pid');
    await expect(fs.stat(pidFile)).rejects.toMatchObject({ code: 'ENOENT' });

    const again = new BackendProcess({ cwd: home });
    const cards = await fetch(`${await again.listening()}/api/cards`);
    expect(await cards.json()).toMatchObject({ items: [{ title: 'Kept' }] });
    await again.stop();
  });

  it('names every problem of its environment at once', async () => {
    const { code, stderr } = await run({ env: { PORT: 'http', LOG_LEVEL: 'loud' } });
    expect(code).toBe(1);
    expect(stderr).toHaveLength(1);
    expect(stderr[0]).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(stderr[0]?.['message']).toMatch(/PORT: .*LOG_LEVEL: /);
  });

  it('says that its port is taken', async () => {
    const env = { DATABASE_URL: server.url('postgres') };
    const first = new BackendProcess({ env });
    const port = new URL(await first.listening()).port;
    const { code, stderr } = await run({ env: { ...env, PORT: port } });
    expect(code).toBe(1);
    expect(stderr[0]?.['message']).toContain('EADDRINUSE');
    await first.stop();
  });

  it('knows no other command', async () => {
    const { code, stderr } = await run({ args: ['destroy'] });
    expect(code).toBe(1);
    expect(stderr[0]?.['message']).toContain('use serve, migrate or migrations');
  });
});

describe('FAULT', () => {
  it('is refused outside of a local environment', async () => {
    const url = server.url('postgres');
    for (const place of ['production', '']) {
      const env = { ...local(url, 'error-rate=0.5'), DEPLOY_ENVIRONMENT: place };
      const { code, stderr } = await run({ env });
      expect(code).toBe(1);
      expect(stderr[0]?.['message']).toContain('FAULT: is refused');
    }
  });

  it('crash-on-start exits with 1 before listening', async () => {
    const { code, stdout } = await run({ env: local(server.url('postgres'), 'crash-on-start') });
    expect(code).toBe(1);
    expect(stdout.filter(({ event }) => event === 'listening')).toEqual([]);
  });

  it('start-delay-ms ends at once when the process is told to stop', async () => {
    const backend = new BackendProcess({
      env: { ...local(server.url('postgres'), 'start-delay-ms=600000'), LOG_LEVEL: 'debug' },
    });
    await backend.line(({ event }) => event === 'start-delayed');
    expect(await backend.stop()).toEqual({ code: 0, signal: null });
  });

  it('never-healthy fails readiness and leaves the service working', async () => {
    const url = await freshDatabase('unhealthy');
    await run({ args: ['migrate'], env: { DATABASE_URL: url } });
    const backend = new BackendProcess({ env: local(url, 'never-healthy') });
    const base = await backend.listening();
    expect((await fetch(`${base}/api/health/comprehensive`)).status).toBe(503);
    expect((await fetch(`${base}/api/cards`)).status).toBe(200);
    await backend.stop();
  });

  it('error-rate fails that share of requests', async () => {
    const url = await freshDatabase('failing');
    await run({ args: ['migrate'], env: { DATABASE_URL: url } });
    const backend = new BackendProcess({ env: local(url, 'error-rate=0.2') });
    const base = await backend.listening();
    const statuses: number[] = [];
    for (let n = 0; n < 50; n += 1) statuses.push((await fetch(`${base}/api/cards`)).status);
    expect(statuses.filter((status) => status === 500)).toHaveLength(10);
    await backend.stop();
  });
});
