import * as fs from 'node:fs';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Grant } from '@prompt-card/cache';
import { issueToken, readTokens, writeTokens } from '../src/access/token-file.ts';
import { NxWorkspace } from '../src/testing/nx-workspace.ts';
import { until } from '../src/testing/rig.ts';
import { startServerProcess, type ServerProcess } from '../src/testing/server-process.ts';

/** Builds in a chain; the project named in $GATED waits until the test opens the gate. */
const COMPILE = `case $1 in *$GATED)
  touch "$GATE.reached"; while [ ! -e "$GATE" ]; do sleep 0.05; done;;
esac
mkdir -p $1/dist && cat $1/src/in.txt > $1/dist/out.txt
`;
const PROJECTS = ['one', 'two', 'three', 'four'];

let dir: string;
let workspace: NxWorkspace;
const running: ServerProcess[] = [];

beforeEach(() => {
  dir = fs.mkdtempSync(join(tmpdir(), 'remote-cache-e2e-'));
  workspace = NxWorkspace.create(PROJECTS, COMPILE);
});
afterEach(async () => {
  for (const server of running.splice(0)) await server.kill('SIGKILL');
  workspace.remove();
  fs.rmSync(dir, { recursive: true });
});

async function start(...flags: string[]): Promise<ServerProcess> {
  const server = await startServerProcess(dir, ['--port', '0', ...flags]);
  running.push(server);
  return server;
}

function token(mode: Grant['mode'] = 'read-write'): string {
  const path = join(dir, 'tokens.json');
  const { text, record } = issueToken({ scope: 'trusted', mode }, 'e2e', Date.now(), null);
  const { tokens, revokedSessions } = readTokens(path);
  writeTokens(path, { tokens: [...tokens, record], revokedSessions });
  return text;
}

/** Builds behind the guard, and does `act` while the third project's build runs. */
async function buildWhile(server: ServerProcess, bearer: string, act: () => Promise<unknown>) {
  const gate = join(dir, 'gate');
  const clone = workspace.clone('clone');
  const building = clone.build(
    { server: server.url, token: bearer },
    {
      isGuarded: true,
      env: {
        GATE: gate,
        GATED: 'three',
        REMOTE_CACHE_SHIELD_LIMITS: '{"answerMs":700,"idleMs":700,"transferMs":1500}',
      },
    },
  );
  await until(() => fs.existsSync(`${gate}.reached`));
  await act();
  fs.writeFileSync(gate, '');
  const run = await building;
  expect({ code: run.code, output: run.code === 0 ? '' : run.output }).toEqual({
    code: 0,
    output: '',
  });
  expect(clone.read('packages/four/dist/out.txt')).toBe('four\n');
  return run;
}

const plain = { env: { GATED: 'none' } };

describe('the real client, without the guard', () => {
  it('is served by the second of two clones, counted on the server', async () => {
    const server = await start();
    const bearer = token();
    await workspace.clone('first').build({ server: server.url, token: bearer }, plain);
    const second = await workspace
      .clone('second')
      .build({ server: server.url, token: bearer }, plain);
    expect(second.tasks.map(({ cacheStatus }) => cacheStatus)).toEqual(
      PROJECTS.map(() => 'remote-cache-hit'),
    );
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/outcome="hit"\} 4$/m);
  });

  it.each([
    ['its token only reads', [], 'read-only'],
    ['its artifacts are larger than the quota', ['--max-bytes', '10'], 'read-write'],
    ['its artifacts are larger than allowed', ['--max-artifact-bytes', '10'], 'read-write'],
    ['it writes more often than allowed', ['--max-writes-per-minute', '0'], 'read-write'],
  ] as const)('ends well when %s', async (_, flags, mode) => {
    const server = await start(...flags);
    const cache = { server: server.url, token: token(mode) };
    const run = await workspace.clone('clone').build(cache, plain);
    expect({ code: run.code, output: run.code === 0 ? '' : run.output }).toEqual({
      code: 0,
      output: '',
    });
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/outcome="refused"\} 4$/m);
  });

  it('ends well when the disk takes nothing more', async () => {
    const server = await start();
    fs.rmSync(join(dir, 'artifacts'), { recursive: true });
    fs.writeFileSync(join(dir, 'artifacts'), 'in the way');
    const run = await workspace.clone('clone').build({ server: server.url, token: token() }, plain);
    expect(run.code).toBe(0);
  });

  it('ends well when every stored body is damaged', async () => {
    const server = await start('--memory-bytes', '0');
    const cache = { server: server.url, token: token() };
    await workspace.clone('first').build(cache, plain);
    for (const entry of fs.readdirSync(join(dir, 'artifacts'), { recursive: true })) {
      const file = join(dir, 'artifacts', String(entry));
      if (file.endsWith('.blob')) fs.appendFileSync(file, 'x');
    }
    const run = await workspace.clone('second').build(cache, plain);
    expect(run.code).toBe(0);
    expect(run.tasks.map(({ cacheStatus }) => cacheStatus)).toEqual(
      PROJECTS.map(() => 'cache-miss'),
    );
  });
});

describe('the real client behind the guard ends well', () => {
  it('when the server is killed in mid-run', async () => {
    const server = await start();
    await buildWhile(server, token(), () => server.kill('SIGKILL'));
  });

  it('when the server is stopped for good in mid-run, and drains', async () => {
    const server = await start('--drain-timeout-ms', '500');
    await buildWhile(server, token(), () => server.kill('SIGTERM'));
  });

  it('when the server hangs in mid-run', async () => {
    const server = await start();
    await buildWhile(server, token(), async () => process.kill(server.pid, 'SIGSTOP'));
  });

  it('when the server is restarted in mid-run, and uses it again', async () => {
    const server = await start();
    const bearer = token();
    const { port } = new URL(server.url);
    await buildWhile(server, bearer, async () => {
      await server.kill('SIGKILL');
      running.push(await startServerProcess(dir, ['--port', port]));
    });
    const reply = await fetch(`${server.url}/metrics`);
    expect(await reply.text()).toMatch(/outcome="stored"\} 2$/m);
  });

  it('when its token is revoked in mid-run', async () => {
    const server = await start();
    await buildWhile(server, token(), async () => {
      const path = join(dir, 'tokens.json');
      const { tokens, revokedSessions } = readTokens(path);
      writeTokens(path, {
        tokens: tokens.map((one) => ({ ...one, revokedAt: Date.now() })),
        revokedSessions,
      });
    });
    expect(fs.readFileSync(join(dir, 'audit.log'), 'utf8')).toMatch(/"denied"/);
  });
});

describe('the server process', () => {
  const upload = (server: ServerProcess, bearer: string, hash: string, size: number) => {
    const socket = net.connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    const headers = [`PUT /v1/cache/${hash} HTTP/1.1`, 'Host: c', `Content-Length: ${size}`];
    socket.write(`${headers.join('\r\n')}\r\nAuthorization: Bearer ${bearer}\r\n\r\n`);
    return socket;
  };
  const blobs = () =>
    fs
      .readdirSync(join(dir, 'artifacts'), { recursive: true })
      .filter((name) => String(name).endsWith('.blob'));

  it('killed in mid-upload leaves nothing that is served, and sweeps it at the next start', async () => {
    const bearer = token();
    const server = await start();
    const socket = upload(server, bearer, '1', 1_000_000);
    socket.write(Buffer.alloc(500_000));
    await until(() => blobs().length === 1);
    await server.kill('SIGKILL');
    const next = await start();
    expect(blobs()).toEqual([]);
    const reply = await fetch(`${next.url}/v1/cache/1`, {
      headers: { authorization: `Bearer ${bearer}` },
    });
    expect(reply.status).toBe(404);
  });

  it('told to stop lets an upload of 40 MiB end, and keeps it', async () => {
    const bearer = token();
    const server = await start();
    const size = 40 * 2 ** 20;
    const socket = upload(server, bearer, '1', size);
    socket.write(Buffer.alloc(size / 2));
    await until(() => blobs().length === 1);
    const exited = server.kill('SIGTERM');
    await until(async () => (await healthOf(server.url)) !== 200);
    const answered = new Promise<string>((resolve) =>
      socket.once('data', (part: Buffer) => resolve(part.toString())),
    );
    socket.write(Buffer.alloc(size / 2));
    expect(await answered).toMatch(/^HTTP\/1\.1 200/);
    expect(await exited).toBe(0);
    const next = await start();
    const reply = await fetch(`${next.url}/v1/cache/1`, {
      headers: { authorization: `Bearer ${bearer}` },
    });
    expect((await reply.arrayBuffer()).byteLength).toBe(size);
  });
});

async function healthOf(url: string): Promise<number> {
  try {
    return (await fetch(`${url}/health`)).status;
  } catch {
    // Nothing listens any more: not well either.
    return 0;
  }
}
