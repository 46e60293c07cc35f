import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as net from 'node:net';
import { join } from 'node:path';
import { startRig, until, type Rig } from './testing/rig.ts';

let rig: Rig;
let token: string;

beforeEach(async () => {
  rig = await startRig();
  token = rig.token('trusted');
});
afterEach(() => rig.close());

/** Every file below the artifacts, relative. */
function artifactFiles(): readonly string[] {
  return readdirSync(join(rig.dir, 'artifacts'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
}
const statusOf = (reply: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(reply)?.[1]);
const head = (method: string, path: string, ...headers: string[]) =>
  [`${method} ${path} HTTP/1.1`, 'Host: cache', ...headers, '', ''].join('\r\n');
const bearer = () => `Authorization: Bearer ${token}`;

describe('the protocol', () => {
  it('stores with 200, serves with 200, and says 404 for what is not there', async () => {
    expect((await rig.get('1', token)).status).toBe(404);
    expect((await rig.put('1', token, 'body')).status).toBe(200);
    const reply = await rig.get('1', token);
    expect([reply.status, reply.text]).toEqual([200, 'body']);
    expect(reply.headers.get('content-type')).toBe('application/octet-stream');
    expect(reply.headers.get('content-length')).toBe('4');
  });

  it('answers 409 to a second write, and the first body stays', async () => {
    await rig.put('1', token, 'first');
    expect((await rig.put('1', token, 'second')).status).toBe(409);
    expect((await rig.get('1', token)).text).toBe('first');
  });

  it('lets exactly one of 16 racing uploads win', async () => {
    const replies = await Promise.all(
      Array.from({ length: 16 }, (_, n) => rig.put('1', token, `${n}`.padEnd(100_000))),
    );
    const statuses = replies.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([200, ...Array.from({ length: 15 }, () => 409)]);
    const winner = replies.findIndex(({ status }) => status === 200);
    expect((await rig.get('1', token)).text.trim()).toBe(String(winner));
  });

  it('takes and serves an empty body, and one of many pieces', async () => {
    const large = Buffer.alloc(3_000_000, 'large');
    expect((await rig.put('1', token, '')).status).toBe(200);
    expect((await rig.put('2', token, large)).status).toBe(200);
    expect((await rig.get('1', token)).headers.get('content-length')).toBe('0');
    expect((await rig.get('2', token)).text).toBe(large.toString());
  });

  it('works when the configured address ends in a slash', async () => {
    await rig.put('1', token, 'body');
    const reply = await rig.raw(head('GET', '//v1/cache/1', bearer(), 'Connection: close'));
    expect(statusOf(reply)).toBe(200);
  });

  it('answers a bad token with 401 in text/plain, whatever is asked', async () => {
    const denied = [await rig.get('1', 'wrong'), await rig.put('1', 'wrong', 'body')];
    expect(denied.map(({ status }) => status)).toEqual([401, 401]);
    expect(denied[0]?.headers.get('content-type')).toMatch(/^text\/plain/);
    for (const header of ['Authorization: Bearer ', 'Authorization: Basic eDp5', 'X-None: 1']) {
      const reply = await rig.raw(head('GET', '/v1/cache/1', header, 'Connection: close'));
      expect(statusOf(reply)).toBe(401);
    }
  });

  it('takes two Authorization headers for no token', async () => {
    const reply = await rig.raw(
      head('GET', '/v1/cache/1', bearer(), bearer(), 'Connection: close'),
    );
    expect(statusOf(reply)).toBe(401);
  });
});

describe('trust scopes', () => {
  it('keep what a pull request wrote first from everybody who is trusted', async () => {
    const pullRequest = rig.token('pr-12');
    expect((await rig.put('1', pullRequest, 'poison')).status).toBe(200);
    expect((await rig.get('1', token)).status).toBe(404);
    expect((await rig.put('1', token, 'built on main')).status).toBe(200);
    expect((await rig.get('1', token)).text).toBe('built on main');
    // From now on the pull request, too, is served what main built.
    expect((await rig.get('1', pullRequest)).text).toBe('built on main');
  });

  it('keep pull requests from each other', async () => {
    await rig.put('1', rig.token('pr-12'), 'theirs');
    expect((await rig.get('1', rig.token('pr-13'))).status).toBe(404);
  });

  it('are not widened by anything in the request', async () => {
    const pullRequest = rig.token('pr-12');
    const path = '/v1/cache/5?scope=trusted';
    const extra = ['X-Scope: trusted', 'X-Forwarded-User: main', 'Content-Length: 1'];
    await rig.raw(
      `${head('PUT', path, `Authorization: Bearer ${pullRequest}`, ...extra, 'Connection: close')}x`,
    );
    expect((await rig.get('5', token)).status).toBe(404);
  });

  it('let a read-only token read and refuse its writes with 403', async () => {
    await rig.put('1', token, 'body');
    const reader = rig.token('trusted', 'read-only');
    expect((await rig.get('1', reader)).text).toBe('body');
    const refused = await rig.put('2', reader, 'x'.repeat(1_000_000));
    expect(refused.status).toBe(403);
    expect(refused.headers.get('x-cache-refusal')).toBe('read-only');
    expect((await rig.get('2', token)).status).toBe(404);
  });

  it('vanish when their pull request closes, dropped by itself or by a trusted token', async () => {
    const pullRequest = rig.token('pr-12');
    const drop = (scope: string, by: string) =>
      fetch(`${rig.url}/v1/scopes/${scope}`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${by}` },
      }).then(({ status }) => status);
    await rig.put('1', pullRequest, 'own');
    expect(await drop('pr-12', rig.token('pr-13'))).toBe(403);
    expect(await drop('trusted', token)).toBe(403);
    expect((await rig.get('1', pullRequest)).status).toBe(200);
    expect(await drop('pr-12', pullRequest)).toBe(200);
    expect((await rig.get('1', pullRequest)).status).toBe(404);
    expect(await drop('pr-13', token)).toBe(200);
  });
});

describe('tokens', () => {
  it('end when they are revoked, also while the server remembers them', async () => {
    await rig.put('1', token, 'body');
    const path = join(rig.dir, 'tokens.json');
    const file = JSON.parse(readFileSync(path, 'utf8')) as { tokens: { revokedAt: number }[] };
    for (const record of file.tokens) record.revokedAt = 1;
    writeFileSync(path, JSON.stringify(file));
    await until(async () => (await rig.get('1', token)).status === 401);
  });

  it('stay valid when the token file is damaged while the server runs', async () => {
    await rig.put('1', token, 'body');
    writeFileSync(join(rig.dir, 'tokens.json'), '{"tokens": [');
    const statuses = new Set<number>();
    const end = Date.now() + 600;
    await until(async () => {
      statuses.add((await rig.get('1', token)).status);
      return Date.now() > end;
    });
    expect([...statuses]).toEqual([200]);
  });

  it('stand on disk as digests alone', () => {
    const secret = token.slice('pct_12345678_'.length);
    expect(secret).toHaveLength(43);
    expect(readFileSync(join(rig.dir, 'tokens.json'), 'utf8')).not.toContain(secret);
  });
});

describe('hostile requests', () => {
  it.each([
    '/v1/cache/../1',
    '/v1/cache/..',
    '/v1/cache/.',
    '/v1/cache/',
    '/v1/cache',
    '/v1/cache/%2e%2e%2f1',
    '/v1/cache/%2e%2e',
    '/v1/cache/..%5c1',
    '/v1/cache/1%00',
    '/v1/cache/%c0%ae%c0%ae',
    '/v1/cache/1.tmp',
    '/v1/cache/1.json',
    '/v1/cache/1/..',
    '/v1/cache/1?x=1',
    `/v1/cache/${'1'.repeat(300)}`,
    '///v1/cache/1',
    'http://elsewhere/v1/cache/1',
  ])('find nothing at %s and write nothing there', async (path) => {
    await rig.put('1', token, 'body');
    const before = artifactFiles();
    const get = await rig.raw(head('GET', path, bearer(), 'Connection: close'));
    expect(statusOf(get)).toBe(404);
    const put = await rig.raw(
      `${head('PUT', path, bearer(), 'Content-Length: 4', 'Connection: close')}evil`,
    );
    expect([403, 404]).toContain(statusOf(put));
    expect(artifactFiles()).toEqual(before);
  });

  it.each([
    ['a length and a chunked body at once', 'Content-Length: 4\r\nTransfer-Encoding: chunked'],
    ['two lengths', 'Content-Length: 4\r\nContent-Length: 5'],
    ['a negative length', 'Content-Length: -1'],
    ['a hexadecimal length', 'Content-Length: 0x4'],
    ['a folded header', 'X-Folded: a\r\n b\r\nContent-Length: 4'],
  ])('with %s are refused before anything is stored', async (_, headers) => {
    const reply = await rig.raw(
      `${head('PUT', '/v1/cache/1', bearer(), headers, 'Connection: close')}evil`,
    );
    expect([400, 403]).toContain(statusOf(reply));
    expect(artifactFiles()).toEqual([]);
  });

  it('with a chunked body get 403, for nobody can tell whether it is whole', async () => {
    const reply = await rig.raw(
      `${head('PUT', '/v1/cache/1', bearer(), 'Transfer-Encoding: chunked', 'Connection: close')}4\r\nevil\r\n0\r\n\r\n`,
    );
    expect(statusOf(reply)).toBe(403);
    expect(artifactFiles()).toEqual([]);
  });

  it('with a header of 70 KB get 431', async () => {
    const reply = await rig.raw(head('GET', '/v1/cache/1', `X-Large: ${'x'.repeat(70_000)}`));
    expect(statusOf(reply)).toBe(431);
  });

  it('announcing a terabyte get 403 at once, on a connection that stays open', async () => {
    const reply = await rig.raw(
      head('PUT', '/v1/cache/1', bearer(), 'Content-Length: 1000000000000'),
      { untilMatch: /too-large\n$/ },
    );
    expect(statusOf(reply)).toBe(403);
    expect(reply).toMatch(/Connection: keep-alive/i);
  });

  it('with a body longer than its length store the announced part and nothing of the rest', async () => {
    await rig.raw(
      `${head('PUT', '/v1/cache/1', bearer(), 'Content-Length: 4')}goodGARBAGE\r\n\r\n`,
    );
    expect((await rig.get('1', token)).text).toBe('good');
    expect(artifactFiles()).toHaveLength(2);
  });

  it('that break off in mid-upload leave nothing, and the same hash is taken afterwards', async () => {
    const socket = net.connect(rig.port, '127.0.0.1');
    socket.write(`${head('PUT', '/v1/cache/1', bearer(), 'Content-Length: 1000000')}partial`);
    await until(() => artifactFiles().length === 1);
    expect((await rig.get('1', token)).status).toBe(404);
    socket.destroy();
    await until(() => artifactFiles().length === 0);
    expect((await rig.put('1', token, 'whole')).status).toBe(200);
  });

  it('never decompress: a gzip bomb is stored and served as the bytes it is', async () => {
    const bomb = Buffer.concat([Buffer.from('1f8b080000000000', 'hex'), Buffer.alloc(1000, 0)]);
    expect((await rig.put('1', token, bomb)).status).toBe(200);
    expect((await rig.get('1', token)).headers.get('content-length')).toBe('1008');
  });

  it('by 300 slow senders of headers and bodies do not keep others waiting', async () => {
    const sockets = Array.from({ length: 300 }, (_, n) => {
      const socket = net.connect(rig.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(
        n % 2 === 0
          ? 'GET /v1/cache/1 HTTP/1.1\r\nHost: c'
          : `${head('PUT', `/v1/cache/slow${n}`, bearer(), 'Content-Length: 100000')}x`,
      );
      return socket;
    });
    await until(() => artifactFiles().length === 150);
    expect((await rig.put('1', token, 'body')).status).toBe(200);
    expect((await rig.get('1', token)).text).toBe('body');
    for (const socket of sockets) socket.destroy();
    await until(() => artifactFiles().length === 2);
  });
});

describe('damage', () => {
  it('on disk is a miss, is told, and heals by the next upload', async () => {
    await rig.put('1', token, 'x'.repeat(300_000));
    const folder = join(rig.dir, 'artifacts', 'trusted', '01');
    const blob = join(folder, readdirSync(folder).find((name) => name.endsWith('.blob')) ?? '');
    const bytes = readFileSync(blob);
    bytes[150_000] = (bytes[150_000] ?? 0) ^ 1;
    writeFileSync(blob, bytes);
    expect((await rig.get('1', token)).status).toBe(404);
    const metrics = await (await fetch(`${rig.url}/metrics`)).text();
    expect(metrics).toMatch(/^remote_cache_quarantined_total 1$/m);
    expect(await (await fetch(rig.url)).text()).toMatch(/sha256 is [0-9a-f]{64} instead of/);
    expect((await rig.put('1', token, 'y'.repeat(300_000))).status).toBe(200);
    expect((await rig.get('1', token)).status).toBe(200);
  });
});

describe('audit', () => {
  it('writes down who stored, who was refused and who was denied', async () => {
    await rig.put('1', token, 'body');
    await rig.put('1', token, 'body');
    await rig.put('2', rig.token('trusted', 'read-only'), 'body');
    await rig.put('3', 'wrong', 'body');
    const events = () =>
      readFileSync(join(rig.dir, 'audit.log'), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    await until(() => events().length === 5);
    expect(events().map(({ event }) => event)).toEqual([
      'started',
      'stored',
      'exists',
      'refused',
      'denied',
    ]);
    expect(events()[1]).toMatchObject({
      artifact: 'trusted/1',
      size: 4,
      principal: `token:${token.split('_')[1]}`,
    });
    expect(readFileSync(join(rig.dir, 'audit.log'), 'utf8')).not.toContain(token);
  });
});
