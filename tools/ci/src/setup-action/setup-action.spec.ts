import { execFile } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const scripts = path.resolve(__dirname, '../../../../.github/actions/setup');
const run = promisify(execFile);

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'setup-'));
});
afterEach(() => {
  fs.rmSync(folder, { recursive: true });
});

/** Runs a script of the setup action as a step would, and gives what it left in GITHUB_ENV. */
async function step(script: string, env: Record<string, string>) {
  const file = path.join(folder, 'env');
  fs.writeFileSync(file, '');
  const answer = await run(process.execPath, [path.join(scripts, script)], {
    env: { PATH: process.env['PATH'] ?? '', GITHUB_ENV: file, ...env },
  });
  return { env: fs.readFileSync(file, 'utf8'), stdout: answer.stdout };
}

describe('the range of commits', () => {
  const range = async (event: string, payload: object) => {
    const file = path.join(folder, 'event.json');
    fs.writeFileSync(file, JSON.stringify(payload));
    const env = { GITHUB_EVENT_NAME: event, GITHUB_EVENT_PATH: file, GITHUB_SHA: 'head' };
    return (await step('commit-range.mjs', env)).env;
  };

  it.each<[string, string, object, string]>([
    [
      'a pull request: from its base',
      'pull_request',
      { pull_request: { base: { sha: 'base' } } },
      'NX_BASE=base\nNX_HEAD=head\n',
    ],
    [
      'a merge group: its own ends',
      'merge_group',
      { merge_group: { base_sha: 'b', head_sha: 'h' } },
      'NX_BASE=b\nNX_HEAD=h\n',
    ],
    ['a push: from what was there', 'push', { before: 'old' }, 'NX_BASE=old\nNX_HEAD=head\n'],
    [
      'the first push of a branch: the commit before',
      'push',
      { before: '0'.repeat(40) },
      'NX_BASE=head~1\nNX_HEAD=head\n',
    ],
    ['a schedule: the commit before', 'schedule', {}, 'NX_BASE=head~1\nNX_HEAD=head\n'],
  ])('%s', async (_claim, event, payload, expected) => {
    expect(await range(event, payload)).toBe(expected);
  });
});

describe('the remote cache', () => {
  const withServer = async (
    answer: (request: http.IncomingMessage, response: http.ServerResponse) => void,
    use: (address: string) => Promise<void>,
  ) => {
    const server = http.createServer(answer);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  };
  const check = (server: string) =>
    step('remote-cache.mjs', { REMOTE_CACHE_SERVER: server, REMOTE_CACHE_TOKEN: 'token' });

  it.each([200, 404])('is used when it answers %d', async (status) => {
    await withServer(
      (_request, response) => response.writeHead(status).end(),
      async (address) => {
        const { env } = await check(`${address}/`);
        // Without the trailing slash, which would become //v1/cache.
        expect(env).toContain(`NX_SELF_HOSTED_REMOTE_CACHE_SERVER=${address}\n`);
      },
    );
  });

  it.each([204, 302, 401, 403, 429, 500])(
    'is left out when it answers %d, for Nx would abort',
    async (status) => {
      await withServer(
        (_request, response) => response.writeHead(status).end(),
        async (address) => {
          const { env, stdout } = await check(address);
          expect(env).toBe('');
          expect(stdout).toContain('::warning::');
        },
      );
    },
  );

  it('is left out when it never answers, for Nx would wait for ever', async () => {
    await withServer(
      () => undefined,
      async (address) => {
        expect((await check(address)).env).toBe('');
      },
    );
  });

  it('is left out when nothing listens', async () => {
    let closed = '';
    await withServer(
      () => undefined,
      (address) => {
        closed = address;
        return Promise.resolve();
      },
    );
    expect((await check(closed)).env).toBe('');
  });

  it('is nothing when none is named', async () => {
    expect((await check('')).stdout).toContain('no remote cache');
  });
});
