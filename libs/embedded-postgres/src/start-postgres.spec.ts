import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import pg from 'pg';
import { isProcessAlive } from './process-state.ts';
import { runningDatabaseUrl } from './running-database-url.ts';
import { startPostgres, type PostgresServer } from './start-postgres.ts';
import { stopPostgres } from './stop-postgres.ts';
import { startTemporaryPostgres } from './temporary-postgres.ts';
import { waitFor } from './wait-for.ts';

jest.setTimeout(60_000);

let folder: string;
let dataDirectory: string;

beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'embedded-postgres-spec-'));
  await fs.chmod(folder, 0o755);
  dataDirectory = path.join(folder, 'data');
});

afterAll(async () => {
  await stopPostgres(dataDirectory);
  await fs.rm(folder, { recursive: true, force: true });
});

const start = (options: { port?: number; detached?: boolean } = {}) =>
  startPostgres({ dataDirectory, durable: false, ...options });

async function query(server: PostgresServer, text: string, database = 'postgres') {
  const client = new pg.Client({ connectionString: server.url(database) });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

describe('startPostgres', () => {
  it('initialises a missing directory and serves PostgreSQL 16 with a private password', async () => {
    const server = await start();
    expect(server.adopted).toBe(false);
    const [row] = await query(server, `SELECT current_setting('server_version') AS version`);
    expect(row?.['version']).toMatch(/^16\./);
    expect((await fs.stat(path.join(dataDirectory, 'password'))).mode & 0o777).toBe(0o600);

    const wrong = new pg.Client({
      connectionString: server.url('postgres').replace(/:[0-9a-f]+@/, ':guess@'),
    });
    await expect(wrong.connect()).rejects.toMatchObject({ code: '28P01' });
    await server.stop();
  });

  it('folds the case of every alphabet, on every machine alike', async () => {
    const server = await start();
    expect(await query(server, `SELECT 'ÄPFEL' ILIKE 'äpfel' AS same`)).toEqual([{ same: true }]);
    await server.stop();
  });

  it('keeps the data from one start to the next', async () => {
    const first = await start();
    await first.createDatabase('kept');
    await query(first, 'CREATE TABLE facts AS SELECT 7 AS seven', 'kept');
    await first.stop();
    const second = await start();
    expect(await query(second, 'SELECT seven FROM facts', 'kept')).toEqual([{ seven: 7 }]);
    await second.stop();
  });

  it('is found by others that must not start anything', async () => {
    expect(await runningDatabaseUrl(dataDirectory, 'postgres')).toBeUndefined();
    const server = await start();
    expect(await runningDatabaseUrl(dataDirectory, 'postgres')).toBe(server.url('postgres'));
    await server.stop();
    expect(await runningDatabaseUrl(dataDirectory, 'postgres')).toBeUndefined();
  });

  it('adopts a server that already runs', async () => {
    const first = await start();
    const second = await start();
    expect(second).toMatchObject({ adopted: true, pid: first.pid, port: first.port });
    await first.stop();
  });

  it('starts one server when three starts come at once', async () => {
    const servers = await Promise.all([start(), start(), start()]);
    expect(new Set(servers.map((server) => server.pid)).size).toBe(1);
    expect(servers.filter((server) => !server.adopted)).toHaveLength(1);
    await Promise.all(servers.map((server) => server.stop()));
    expect(isProcessAlive(servers[0].pid)).toBe(false);
  });

  it('recovers after the server was killed', async () => {
    const first = await start();
    await first.createDatabase('recovered');
    process.kill(first.pid, 'SIGKILL');
    const second = await start();
    expect(second.adopted).toBe(false);
    await query(second, 'SELECT 1', 'recovered');
    await second.stop();
    await first.stop();
  });

  it('does not mistake a stranger with a recycled process number for its server', async () => {
    const first = await start();
    await first.stop();
    const pidFile = path.join(dataDirectory, 'cluster', 'postmaster.pid');
    const lines = [process.pid, dataDirectory, 0, first.port, '', '127.0.0.1', '', 'ready'];
    await fs.writeFile(pidFile, `${lines.join('\n')}\n`);
    expect(await stopPostgres(dataDirectory)).toBe(false);

    await fs.writeFile(pidFile, `${lines.join('\n')}\n`);
    const second = await start();
    expect(second.adopted).toBe(false);
    await second.stop();
  });

  it('says that a fixed port is taken', async () => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as net.AddressInfo;
    await expect(start({ port })).rejects.toMatchObject({ code: 'PORT_IN_USE' });
    taken.close();
  });

  it('refuses a directory with files that are not its own', async () => {
    const foreign = path.join(folder, 'foreign');
    await fs.mkdir(foreign);
    await fs.writeFile(path.join(foreign, 'thesis.txt'), 'important');
    await expect(startPostgres({ dataDirectory: foreign })).rejects.toMatchObject({
      code: 'DATA_DIRECTORY_FOREIGN',
      message: expect.stringContaining('thesis.txt'),
    });
  });

  it('reports what the server logged when it cannot start', async () => {
    const failure = startPostgres({ dataDirectory, settings: { shared_buffers: 'plenty' } });
    await expect(failure).rejects.toMatchObject({
      code: 'START_FAILED',
      message: expect.stringContaining('shared_buffers'),
    });
  });

  it('removes the draft of an initialisation that died, and leaves a living one alone', async () => {
    const fresh = path.join(folder, 'fresh');
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    await fs.mkdir(`${fresh}.init-${child.pid}-0000`);
    await fs.mkdir(`${fresh}.init-${process.pid}-0000`);
    const server = await startPostgres({ dataDirectory: fresh, durable: false });
    await server.stop();
    const drafts = (await fs.readdir(folder)).filter((name) => name.includes('.init-'));
    expect(drafts).toEqual([`fresh.init-${process.pid}-0000`]);
  });
});

describe('createDatabase', () => {
  it('does nothing the second time, also when both come at once', async () => {
    const server = await start();
    await Promise.all([server.createDatabase('twice'), server.createDatabase('twice')]);
    await server.createDatabase('twice');
    await query(server, 'SELECT 1', 'twice');
    await server.stop();
  });

  it('refuses a name that would need quoting', async () => {
    const server = await start();
    await expect(server.createDatabase('a"; DROP DATABASE postgres')).rejects.toMatchObject({
      code: 'DATABASE_NAME_INVALID',
    });
    await server.stop();
  });
});

describe('stopPostgres', () => {
  it('stops a server with open sessions and leaves no process', async () => {
    const server = await start();
    const client = new pg.Client({ connectionString: server.url('postgres') });
    client.on('error', () => undefined);
    await client.connect();
    expect(await stopPostgres(dataDirectory)).toBe(true);
    expect(isProcessAlive(server.pid)).toBe(false);
    await server.stop();
    await client.end();
  });

  it('says that nothing ran', async () => {
    expect(await stopPostgres(path.join(folder, 'nowhere'))).toBe(false);
  });
});

describe('the owner of a server', () => {
  it('that is killed takes a server of its own with it', async () => {
    const owner = await startOwner({ dataDirectory, durable: false });
    process.kill(owner.pid, 'SIGKILL');
    expect(await waitFor(() => !isProcessAlive(owner.serverPid) || undefined, 10_000)).toBe(true);
  });

  it('that is killed leaves a detached server running', async () => {
    const owner = await startOwner({ dataDirectory, durable: false, detached: true });
    process.kill(owner.pid, 'SIGKILL');
    await once(owner.child, 'exit');
    const server = await start();
    expect(server).toMatchObject({ adopted: true, pid: owner.serverPid });
    await server.stop();
  });
});

describe('startTemporaryPostgres', () => {
  it('leaves neither process nor file behind', async () => {
    const server = await startTemporaryPostgres();
    await query(server, 'SELECT 1');
    await server.stop();
    expect(isProcessAlive(server.pid)).toBe(false);
    await expect(fs.stat(path.dirname(server.dataDirectory))).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });
});

/** Another Node process that starts the server and then waits to be killed. */
async function startOwner(options: object) {
  const script = path.join(folder, 'owner.cjs');
  buildSync({
    stdin: {
      contents: `
        import { startPostgres } from './start-postgres.ts';
        startPostgres(JSON.parse(process.argv[2])).then((server) => {
          process.stdout.write(String(server.pid));
          setInterval(() => undefined, 1000);
        });`,
      resolveDir: __dirname,
    },
    bundle: true,
    platform: 'node',
    external: ['pg-native'],
    outfile: script,
  });
  const child = spawn(process.execPath, [script, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  return { child, pid: child.pid!, serverPid: Number(String(line)) };
}
