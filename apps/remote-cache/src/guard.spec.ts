import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRig, type Rig } from './testing/rig.ts';

const guard = join(__dirname, '../guard/guard.mjs');
let rig: Rig;
let folder: string;

beforeEach(async () => {
  rig = await startRig();
  folder = mkdtempSync(join(tmpdir(), 'guard-'));
});
afterEach(async () => {
  await rig.close();
  rmSync(folder, { recursive: true });
});

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function runGuard(args: readonly string[], env: Record<string, string>): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { cwd: folder, env: { PATH: process.env['PATH'], TMPDIR: folder, ...env } };
    execFile(process.execPath, [guard, ...args], options, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}
const cacheEnv = (token: string, url = rig.url) => ({
  NX_SELF_HOSTED_REMOTE_CACHE_SERVER: url,
  NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN: token,
});
/** A program that asks the cache as Nx would, through whatever address the guard gave it. */
const ASK = `
  const headers = { authorization: 'Bearer ' + process.env.NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN };
  const url = process.env.NX_SELF_HOSTED_REMOTE_CACHE_SERVER + '/v1/cache/';
  const put = (hash) => fetch(url + hash, { method: 'PUT', headers, body: 'x'.repeat(200000) });
  const statuses = [await put('1'), await put('2'), await fetch(url + '1', { headers }), await fetch(url + '9', { headers })];
  console.log(statuses.map(({ status }) => status).join(' '));
`;
const ask = ['run', '--', process.execPath, '--input-type=module', '-e', ASK];

describe('guard check', () => {
  it('exports nothing when the server is well', async () => {
    const outcome = await runGuard(['check'], cacheEnv(rig.token('trusted')));
    expect([outcome.code, outcome.stdout]).toEqual([0, '']);
  });

  it('exports NX_SKIP_REMOTE_CACHE to the shell and to the job when it is not, and succeeds', async () => {
    const jobFile = join(folder, 'job.env');
    writeFileSync(jobFile, 'A=1\n');
    const env = { ...cacheEnv('any', 'http://127.0.0.1:9'), GITHUB_ENV: jobFile };
    const outcome = await runGuard(['check'], env);
    expect([outcome.code, outcome.stdout]).toEqual([0, 'NX_SKIP_REMOTE_CACHE=true\n']);
    expect(outcome.stderr).toMatch(/is not used: connect ECONNREFUSED/);
    expect(readFileSync(jobFile, 'utf8')).toBe('A=1\nNX_SKIP_REMOTE_CACHE=true\n');
  });

  it('waits no longer than its time limit', async () => {
    const silent = http.createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const env = {
      ...cacheEnv('any', `http://127.0.0.1:${port}`),
      REMOTE_CACHE_HEALTH_TIMEOUT_MS: '100',
    };
    expect((await runGuard(['check'], env)).stderr).toMatch(/no answer within 100 ms/);
    silent.closeAllConnections();
    silent.close();
  });

  it('does nothing without a configured server, and skips one without a token', async () => {
    expect((await runGuard(['check'], {})).stdout).toBe('');
    const env = { NX_SELF_HOSTED_REMOTE_CACHE_SERVER: rig.url };
    expect((await runGuard(['check'], env)).stdout).toBe('NX_SKIP_REMOTE_CACHE=true\n');
  });
});

describe('guard run', () => {
  it('passes reads and writes through, and says in the end what it counted', async () => {
    const outcome = await runGuard(ask, cacheEnv(rig.token('trusted')));
    expect([outcome.code, outcome.stdout.trim()]).toEqual([0, '200 200 200 404']);
    expect(outcome.stderr).toMatch(/1 hits, 1 misses, 2 stored, 0 refused, 0 failures/);
  });

  it('sends no second body for a token that only reads', async () => {
    const outcome = await runGuard(ask, cacheEnv(rig.token('trusted', 'read-only')));
    expect(outcome.stdout.trim()).toBe('403 403 404 404');
    expect(await (await fetch(`${rig.url}/metrics`)).text()).toMatch(/reason="read-only"\} 1$/m);
  });

  it('turns a token that is not valid into misses and refusals', async () => {
    const outcome = await runGuard(ask, cacheEnv('wrong'));
    expect(outcome.stdout.trim()).toBe('403 403 404 404');
  });

  it('exits as its command does, also when there is no such command', async () => {
    const exit = ['run', '--', process.execPath, '-e', 'process.exit(3)'];
    expect((await runGuard(exit, cacheEnv(rig.token('trusted')))).code).toBe(3);
    expect((await runGuard(exit, {})).code).toBe(3);
    expect((await runGuard(['run', '--', 'no-such-program'], {})).code).toBe(127);
  });
});

describe('guard start', () => {
  it('leaves a shield for later steps, and stop ends it', async () => {
    const env = cacheEnv(rig.token('trusted'));
    const { stdout } = await runGuard(['start'], env);
    const shield = /^NX_SELF_HOSTED_REMOTE_CACHE_SERVER=(http:\/\/127\.0\.0\.1:\d+)$/m.exec(
      stdout,
    )?.[1];
    expect(shield).toBeDefined();
    const headers = { authorization: `Bearer ${env.NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN}` };
    expect((await fetch(`${shield}/v1/cache/1`, { headers })).status).toBe(404);
    expect((await runGuard(['stop'], env)).code).toBe(0);
    const isGone = () =>
      fetch(`${shield}/v1/cache/1`, { headers }).then(
        () => false,
        () => true,
      );
    while (!(await isGone())) await new Promise(setImmediate);
    expect((await runGuard(['stop'], env)).code).toBe(0);
  });
});

describe('guard start in a CI job', () => {
  it('hands shield and token to later steps by the job’s file, and prints no token', async () => {
    const jobFile = join(folder, 'job.env');
    writeFileSync(jobFile, '');
    const token = rig.token('trusted');
    const env = { ...cacheEnv(token, `${rig.url}/`), GITHUB_ENV: jobFile };
    const { stdout } = await runGuard(['start'], env);
    await runGuard(['stop'], env);
    const exported = readFileSync(jobFile, 'utf8');
    expect(exported).toContain(`NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN=${token}\n`);
    expect(exported).toMatch(/^NX_SELF_HOSTED_REMOTE_CACHE_SERVER=http:\/\/127\.0\.0\.1:\d+$/m);
    expect(stdout).not.toContain(token);
  });
});

describe('the identity of a CI job', () => {
  it('is exchanged for a token, and masked in the log', async () => {
    const issued = rig.token('trusted');
    const github = http
      .createServer((request, response) => {
        response.setHeader('content-type', 'application/json');
        const isIdentity = request.headers.authorization === 'Bearer request-token';
        const isExchange =
          request.url === '/token' && request.headers.authorization === 'Bearer a.b.c';
        if (request.url === '/health') response.end('{}');
        else if (isIdentity) response.end(JSON.stringify({ value: 'a.b.c' }));
        else if (isExchange) response.end(JSON.stringify({ token: issued }));
        else response.writeHead(500).end();
      })
      .listen(0, '127.0.0.1');
    await once(github, 'listening');
    const url = `http://127.0.0.1:${(github.address() as AddressInfo).port}`;
    const jobFile = join(folder, 'job.env');
    const { stdout } = await runGuard(['check'], {
      NX_SELF_HOSTED_REMOTE_CACHE_SERVER: url,
      GITHUB_ACTIONS: 'true',
      GITHUB_ENV: jobFile,
      REMOTE_CACHE_AUDIENCE: 'https://cache.example',
      ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/identity?x=1`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token',
    });
    expect(stdout).toBe(`::add-mask::${issued}\n`);
    expect(readFileSync(jobFile, 'utf8')).toBe(
      `NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN=${issued}\n`,
    );
    github.closeAllConnections();
    github.close();
  });
});
