import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, request } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ServiceConfigInput } from './service-config.ts';
import { RawClient } from './testing/raw-client.ts';
import { startTarget, type TargetServer } from './testing/target-server.ts';
import { TestBalancer, until } from './testing/test-balancer.ts';

jest.setTimeout(60_000);

let lb: TestBalancer;
const closing: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  await lb.close();
  await Promise.all(closing.splice(0).map((close) => close()));
});

type Handler = Parameters<typeof startTarget>[1];

async function target(handler: Handler, revision = 'r1'): Promise<TargetServer> {
  const started = await startTarget(revision, handler);
  closing.push(() => started.crash());
  return started;
}

async function startWith(
  handler: Handler,
  config: Partial<ServiceConfigInput> = {},
): Promise<TargetServer> {
  const only = await target(handler);
  lb = await TestBalancer.start(config);
  await lb.route(only.target(100));
  return only;
}

/** A target that answers a health check properly and everything else with its own bytes. */
async function rawTarget(answer: (socket: Socket, head: string) => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      const head = bytes.toString('latin1');
      if (head.startsWith('GET /health')) {
        socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
      } else {
        answer(socket, head);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => new Promise((resolve) => server.close(resolve)));
  return server;
}

async function startWithRaw(
  answer: (socket: Socket, head: string) => void,
  config: Partial<ServiceConfigInput> = {},
): Promise<void> {
  const { port } = (await rawTarget(answer)).address() as AddressInfo;
  lb = await TestBalancer.start(config);
  await lb.route({ revision: 'r1', host: '127.0.0.1', port, weight: 100, state: 'active' });
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Of buffers and the like, without what is garbage already: when that is collected is nobody's promise. */
function bytesInUse(): number {
  collectGarbage();
  return process.memoryUsage().external;
}

describe('a forwarded request', () => {
  it('arrives without hop-by-hop headers and with its origin', async () => {
    await startWith((asked, response) => response.end(JSON.stringify(asked.headers)));
    const answer = await lb.get('/a?b=c', {
      headers: {
        connection: 'keep-alive, x-private',
        'x-private': '1',
        'keep-alive': 'timeout=1',
        te: 'trailers',
        'x-end-to-end': '2',
        'x-forwarded-for': '10.1.1.1',
        'x-forwarded-proto': 'gopher',
        host: 'cards.test',
      },
    });
    const headers = JSON.parse(answer.body);
    expect(headers).toMatchObject({
      host: 'cards.test',
      'x-end-to-end': '2',
      'x-forwarded-for': '10.1.1.1, 127.0.0.1',
      'x-forwarded-host': 'cards.test',
      'x-forwarded-proto': 'http',
      'x-request-id': answer.headers['x-request-id'],
    });
    expect(headers).not.toHaveProperty('x-private');
    expect(headers).not.toHaveProperty('te');
    expect(headers).not.toHaveProperty('keep-alive');
  });

  it('keeps a sound request id and replaces any other', async () => {
    await startWith((asked, response) => response.end(asked.headers['x-request-id']));
    const idOf = async (id: string) =>
      (await lb.get('/', { headers: { 'x-request-id': id } })).headers['x-request-id'];
    expect(await idOf('abc-1')).toBe('abc-1');
    expect(await idOf('a b')).toMatch(/^[0-9a-f]{10}-/);
    expect((await lb.get()).body).not.toBe((await lb.get()).body);
  });

  it('leaves no name of its own in the response twice', async () => {
    await startWith((_request, response) => {
      response.setHeader('x-served-by', 'me');
      response.setHeader('x-request-id', 'mine');
      response.setHeader('x-other', 'kept');
      response.end();
    });
    const { headers } = await lb.get('/', { headers: { 'x-request-id': 'yours' } });
    expect(headers).toMatchObject({
      'x-served-by': 'r1',
      'x-request-id': 'yours',
      'x-other': 'kept',
    });
  });

  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'])(
    'may be a %s',
    async (method) => {
      await startWith((asked, response) => response.end(asked.method));
      const answer = await lb.send({ method });
      expect(answer).toMatchObject({ status: 200, body: method === 'HEAD' ? '' : method });
      expect(await lb.send({ method })).toMatchObject({ status: 200 }); // the connection is in order
    },
  );

  it('may come in small pieces, and several at once', async () => {
    await startWith((asked, response) => {
      let body = '';
      asked.on('data', (chunk: Buffer) => (body += chunk.toString()));
      asked.on('end', () => response.end(`<${asked.url ?? ''} ${body}>`));
    });
    const client = new RawClient(lb.port);
    const wire =
      'POST /1 HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc' +
      'GET /2 HTTP/1.1\r\nhost: a\r\n\r\n' +
      'POST /3 HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nxyz\r\n0\r\n\r\n' +
      'GET /4 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n';
    for (const byte of wire) {
      client.send(byte);
      await new Promise(setImmediate);
    }
    const text = await client.end();
    expect(text.match(/<[^>]*>/g)).toEqual(['</1 abc>', '</2 >', '</3 xyz>', '</4 >']);
    const pipelined = await new RawClient(lb.port).send(wire).end();
    expect(pipelined.match(/<[^>]*>/g)).toEqual(['</1 abc>', '</2 >', '</3 xyz>', '</4 >']);
  });

  it('serves an HTTP/1.0 client a chunked response without chunks', async () => {
    await startWith((_request, response) => {
      response.write('one ');
      setImmediate(() => response.end('two'));
    });
    const text = await new RawClient(lb.port).send('GET / HTTP/1.0\r\n\r\n').end();
    expect(text).toMatch(/\r\nconnection: close\r\n/);
    expect(text).not.toMatch(/transfer-encoding/i);
    expect(text.split('\r\n\r\n')[1]).toBe('one two');
  });

  it('takes an absolute URL for the path in it', async () => {
    await startWith((asked, response) => response.end(`<${asked.url ?? ''}>`));
    const ask = (target: string) =>
      new RawClient(lb.port)
        .send(`GET ${target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`)
        .end();
    expect(await ask('http://a/x?y')).toContain('</x?y>');
    expect(await ask('http://a')).toContain('</>');
    expect(await ask('http://b/x')).toContain('HOST_AMBIGUOUS');
  });
});

describe('bodies', () => {
  const MEGABYTE = 1024 * 1024;

  it('pass through in both directions unchanged, 200 MB in bounded memory', async () => {
    await startWith((asked, response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' });
      asked.pipe(response);
    });
    const block = randomBytes(MEGABYTE);
    const hash = { sent: createHash('sha256'), received: createHash('sha256') };
    let received = 0;
    let peak = 0;
    const before = bytesInUse();
    await new Promise<void>((resolve, reject) => {
      const sent = request({ port: lb.port, host: '127.0.0.1', method: 'POST', agent: lb.agent });
      sent.once('error', reject);
      sent.once('response', (response) => {
        response.on('data', (chunk: Buffer) => {
          hash.received.update(chunk);
          const looks = Math.floor(received / (5 * MEGABYTE));
          received += chunk.length;
          if (Math.floor(received / (5 * MEGABYTE)) > looks) {
            peak = Math.max(peak, bytesInUse() - before);
          }
        });
        response.once('end', resolve);
        response.once('error', reject);
      });
      const pump = async (): Promise<void> => {
        for (let n = 0; n < 200; n++) {
          hash.sent.update(block);
          if (!sent.write(block)) await once(sent, 'drain');
        }
        sent.end();
      };
      pump().catch(reject);
    });
    expect(received).toBe(200 * MEGABYTE);
    expect(hash.received.digest('hex')).toBe(hash.sent.digest('hex'));
    // Client, balancer and target share this process: nobody of the three gathers the body.
    expect(peak).toBeLessThan(100 * MEGABYTE);
  });

  it('wait for a client that does not read, without being gathered here', async () => {
    let written = 0;
    await startWith((_request, response) => {
      const block = Buffer.alloc(64 * 1024);
      const fill = (): void => {
        while (written < 64 * MEGABYTE) {
          written += block.length;
          if (!response.write(block)) {
            response.once('drain', fill);
            return;
          }
        }
        response.end();
      };
      fill();
    });
    const client = new RawClient(lb.port);
    client.socket.pause();
    client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    let last = -1;
    // The kernel's buffers fill, then the target stands still.
    await until(async () => {
      if (written > 0 && written === last) return true;
      last = written;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return false;
    });
    expect(written).toBeLessThan(32 * MEGABYTE);
    client.socket.destroy();
    await until(() => lb.counts('r1').abortedByClient === 1);
  });

  it('wait for a target that does not read', async () => {
    await startWith((asked, response) => {
      asked.pause();
      resume = () => asked.resume().on('end', () => response.end('read'));
    });
    let resume = (): unknown => undefined;
    let taken = 0;
    let answer = '';
    const sent = request({ port: lb.port, host: '127.0.0.1', method: 'POST', agent: lb.agent });
    sent.once('response', (response) =>
      response.on('data', (chunk: Buffer) => (answer += String(chunk))),
    );
    const block = Buffer.alloc(64 * 1024);
    while (taken < 64 * MEGABYTE) {
      taken += block.length;
      if (sent.write(block)) continue;
      const drained = once(sent, 'drain').then(() => true);
      const stuck = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 500));
      if (!(await Promise.race([drained, stuck]))) break;
    }
    expect(taken).toBeLessThan(32 * MEGABYTE);
    resume();
    sent.end();
    await until(() => answer === 'read');
  });

  it('of server-sent events come as they are sent', async () => {
    let send = (_text: string): unknown => undefined;
    await startWith((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      send = (text) => response.write(text);
      send('data: 1\n\n');
    });
    const client = new RawClient(lb.port).send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await client.says(/data: 1\n\n/);
    send('data: 2\n\n');
    await client.says(/data: 2\n\n/);
    expect(lb.counts('r1').inFlight).toBe(1);
    client.socket.destroy();
    await until(() => lb.counts('r1').abortedByClient === 1);
  });

  it('without any length end with the connection', async () => {
    await startWithRaw((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the end'));
    expect(await lb.get()).toMatchObject({ status: 200, body: 'until the end' });
  });

  it('that a client announces are asked for when the target wants them', async () => {
    await startWith((asked, response) => asked.resume().on('end', () => response.end('thanks')));
    const client = new RawClient(lb.port).send(
      'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\nexpect: 100-continue\r\n\r\n',
    );
    await client.says(/^HTTP\/1.1 100 Continue\r\n\r\n$/);
    client.send('abc');
    expect(await client.says(/thanks/)).toMatch(/100 Continue\r\n\r\nHTTP\/1.1 200 OK/);
  });

  it('that are refused early still let the client read why', async () => {
    await startWith((_request, response) => {
      response.writeHead(413).end('too much');
    });
    const answer = await lb.send({ method: 'POST' }, Buffer.alloc(4 * MEGABYTE));
    expect(answer).toMatchObject({ status: 413, body: 'too much' });
    expect(await lb.send({ method: 'POST' }, 'x')).toMatchObject({ status: 413 });
  });

  it('go to targets that know nothing of 100-continue', async () => {
    await startWithRaw((socket, head) => {
      if (head.endsWith('abc')) {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
      }
    });
    expect(await lb.send({ method: 'POST' }, 'abc')).toMatchObject({ status: 200, body: 'ok' });
  });
});

describe('an upgraded connection', () => {
  it('carries bytes both ways until one side closes', async () => {
    const server = createHttpServer((asked, response) => {
      response.writeHead(asked.url === '/health' ? 200 : 404).end();
    });
    server.on('upgrade', (asked, socket: Socket, first: Buffer) => {
      socket.on('error', () => undefined);
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ${String(asked.headers.upgrade)}\r\n\r\nhello `,
      );
      socket.write(first);
      socket.on('data', (bytes) => {
        if (bytes.toString() === 'bye') socket.end('closing');
        else socket.write(`<${bytes.toString()}>`);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closing.push(() => new Promise((resolve) => server.close(resolve)));
    lb = await TestBalancer.start();
    const { port } = server.address() as AddressInfo;
    await lb.route({ revision: 'r1', host: '127.0.0.1', port, weight: 1, state: 'active' });

    const client = new RawClient(lb.port).send(
      'GET /socket HTTP/1.1\r\nhost: a\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n',
    );
    await client.says(/hello /);
    client.send('one');
    await client.says(/<one>/);
    expect(lb.counts('r1')).toMatchObject({ inFlight: 1 });
    client.send('bye');
    expect(await client.end()).toMatch(
      /^HTTP\/1.1 101 Switching Protocols\r\n[^]*x-served-by: r1\r\n[^]*closing$/,
    );
    expect(lb.counts('r1')).toMatchObject({ inFlight: 0, statuses: { '1xx': 1 } });
  });

  it('is never one to HTTP/2, which would carry requests past every check', async () => {
    await startWith((asked, response) => response.end(`<${String(asked.headers.upgrade)}>`));
    const answer = await lb.get('/', {
      headers: { connection: 'upgrade, http2-settings', upgrade: 'h2c', 'http2-settings': 'x' },
    });
    expect(answer).toMatchObject({ status: 200, body: '<undefined>' });
  });
});

describe('the retry rule', () => {
  it('repeats what met a keep-alive connection just being closed: every method, nothing twice', async () => {
    const seen: string[] = [];
    // Answers one request on each connection, announces to keep it, and closes it when the next one comes.
    const answered = new WeakSet<Socket>();
    await startWithRaw((socket, head) => {
      if (answered.has(socket)) {
        socket.destroy();
        return;
      }
      if (head.includes('expect: 100-continue')) {
        socket.write('HTTP/1.1 100 Continue\r\n\r\n');
        return;
      }
      answered.add(socket);
      seen.push(head);
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    });
    for (let n = 0; n < 100; n++) {
      const method = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'][n % 5] ?? '';
      const body = ['POST', 'PUT', 'PATCH'].includes(method) ? `body ${n}` : undefined;
      expect(await lb.send({ method }, body)).toMatchObject({ status: 200 });
    }
    expect(seen).toHaveLength(100);
    expect(lb.counts('r1').retries).toBe(99);
  });

  it('does not repeat a body that the target may have read', async () => {
    let bodies = 0;
    await startWith((asked) => {
      asked
        .on('data', () => undefined)
        .on('end', () => {
          bodies++;
          asked.socket.destroy();
        });
    });
    const answer = await lb.send({ method: 'POST' }, 'buy');
    expect(answer.status).toBe(502);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'TARGET_CLOSED' });
    expect(bodies).toBe(1);
    expect(lb.counts('r1')).toMatchObject({ statuses: { '5xx': 1 }, retries: 0 });
  });

  it('repeats an idempotent request without a body once, and a POST without a body never', async () => {
    const only = await startWith((asked) => asked.socket.destroy());
    expect(await lb.get()).toMatchObject({ status: 502 });
    expect(only.requests).toBe(2);
    expect(await lb.send({ method: 'POST' })).toMatchObject({ status: 502 });
    expect(only.requests).toBe(3);
  });

  it('loses no request while targets restart under load without being drained', async () => {
    let accepted = 0;
    const handler: Handler = (asked, response) => {
      asked.resume().on('end', () => {
        if (asked.method === 'POST') accepted++;
        setTimeout(() => response.end('ok'), 2);
      });
    };
    let first = await target(handler, 'r1');
    const second = await target(handler, 'r2');
    lb = await TestBalancer.start();
    await lb.route(first.target(50), second.target(50));
    let isOver = false;
    let posted = 0;
    const failures: string[] = [];
    const clients = Array.from({ length: 8 }, async (_, n) => {
      while (!isOver) {
        const method = n % 2 === 0 ? 'GET' : 'POST';
        const { status, body } = await lb.send({ method }, method === 'POST' ? 'x' : undefined);
        if (status !== 200) failures.push(`${method} ${status} ${body}`);
        else if (method === 'POST') posted++;
      }
    });
    for (let round = 0; round < 5; round++) {
      const before = lb.counts('r1').requests;
      await until(() => lb.counts('r1').requests > before + 30);
      await first.stop();
      first = await startTarget('r1', handler, first.port);
      await until(() => lb.status().targets[0]?.health === 'healthy');
    }
    isOver = true;
    await Promise.all(clients);
    await first.stop();
    expect(failures).toEqual([]);
    expect(accepted).toBe(posted);
  });

  it('loses no GET when a target is killed under load', async () => {
    const handler: Handler = (_request, response) => void setTimeout(() => response.end('ok'), 2);
    const victim = await target(handler, 'r1');
    const other = await target(handler, 'r2');
    lb = await TestBalancer.start();
    await lb.route(victim.target(50), other.target(50));
    let isOver = false;
    const statuses = new Map<number, number>();
    const clients = Array.from({ length: 8 }, async () => {
      while (!isOver) {
        const { status } = await lb.get();
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    });
    await until(() => lb.counts('r1').requests > 50);
    await victim.crash();
    const before = lb.counts('r2').requests;
    await until(() => lb.counts('r2').requests > before + 50);
    isOver = true;
    await Promise.all(clients);
    expect([...statuses.keys()]).toEqual([200]);
  });
});

describe('a broken response', () => {
  it.each([
    ['nonsense', 'nonsense\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a folded header', 'HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n'],
    ['a switch nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ])('of %s is a 502', async (_name, bytes) => {
    await startWithRaw((socket) => socket.write(bytes));
    const answer = await lb.send({ method: 'POST' });
    expect(answer.status).toBe(502);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'RESPONSE_INVALID' });
  });

  it.each([
    ['length', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc'],
    ['last chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n'],
  ])('that ends before its %s breaks the client’s connection', async (_name, bytes) => {
    await startWithRaw((socket) => socket.end(bytes));
    await expect(lb.get()).rejects.toMatchObject({ code: 'ECONNRESET' });
    await until(() => lb.counts('r1').truncated === 1);
    expect(lb.counts('r1')).toMatchObject({ requests: 1, inFlight: 0 });
  });

  it('that goes on after its end reaches no later request', async () => {
    await startWithRaw((socket) =>
      socket.write(
        'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil',
      ),
    );
    expect(await lb.get()).toMatchObject({ body: 'ok' });
    expect(await lb.get()).toMatchObject({ body: 'ok' });
  });
});

describe('time', () => {
  const config = (timeouts: ServiceConfigInput['timeouts']) => ({ timeouts });

  it('runs out for a target that does not answer: 504', async () => {
    await startWith(() => undefined, config({ responseHeadMs: 50 }));
    const answer = await lb.get();
    expect(answer.status).toBe(504);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'RESPONSE_TIMEOUT' });
    expect(lb.counts('r1')).toMatchObject({ timeouts: 1, statuses: { '5xx': 1 } });
  });

  it('runs out for a response that stops in the middle', async () => {
    await startWith(
      (_request, response) => void response.write('a'),
      config({ responseIdleMs: 50 }),
    );
    await expect(lb.get()).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(lb.counts('r1')).toMatchObject({ timeouts: 1, truncated: 1 });
  });

  it('runs out for a client that sends half a head: 408', async () => {
    await startWith(() => undefined, config({ requestHeadMs: 50 }));
    expect(await new RawClient(lb.port).send('GET / HT').end()).toContain('HTTP/1.1 408 ');
  });

  it('runs out for a client that drips its head', async () => {
    await startWith(() => undefined, config({ requestHeadMs: 150 }));
    const client = new RawClient(lb.port).send('GET / HTTP/1.1\r\n');
    const dripping = setInterval(() => client.send('a: b\r\n'), 20);
    expect(await client.end()).toContain('HTTP/1.1 408 ');
    clearInterval(dripping);
  });

  it('runs out for a client that does not send the body it announced: 408', async () => {
    await startWith(() => undefined, config({ clientStallMs: 50 }));
    const text = await new RawClient(lb.port)
      .send('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nabc')
      .says(/}\n/);
    expect(text).toContain('HTTP/1.1 408 ');
    expect(text).toContain('REQUEST_TIMEOUT');
  });

  it('runs out for an idle connection', async () => {
    await startWith((_request, response) => response.end('ok'), config({ keepAliveMs: 50 }));
    const client = new RawClient(lb.port).send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    expect(await client.end()).toContain('HTTP/1.1 200 OK');
  });
});

describe('closing', () => {
  it('lets requests in flight finish and ends idle connections', async () => {
    let release = (): unknown => undefined;
    const only = await startWith((asked, response) => {
      if (asked.url === '/slow') release = () => response.end('slow');
      else response.end('fast');
    });
    const idle = new RawClient(lb.port).send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await idle.says(/fast/);
    const slow = lb.get('/slow');
    await until(() => only.requests === 2);
    const closed = lb.balancer.close(10_000);
    await idle.end();
    release();
    expect(await slow).toMatchObject({ body: 'slow', headers: { connection: 'close' } });
    await closed;
  });

  it('waits no longer than it may', async () => {
    const only = await startWith(() => undefined);
    const stuck = lb.get();
    await until(() => only.requests === 1);
    await Promise.all([
      lb.balancer.close(30),
      expect(stuck).rejects.toMatchObject({ code: 'ECONNRESET' }),
    ]);
  });
});
