/** @jest-environment node */
import { once } from 'node:events';
import { type RequestListener, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { problem } from '@prompt-card/contract';
import { forward } from './forward.ts';

const servers: Server[] = [];

afterEach(async () => {
  jest.restoreAllMocks();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

async function backend(handler: RequestListener): Promise<URL> {
  const server = createServer(handler);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

function ask(apiUrl: URL, path: string, init: RequestInit = {}, backendTimeoutMs = 10_000) {
  const request = new Request(`http://page.example${path}`, init);
  return forward(request, { apiUrl, revision: 'r1', backendTimeoutMs });
}

/** The server's log is not the test's output. */
const quietLog = () => jest.spyOn(console, 'error').mockImplementation(() => undefined);

describe('forwarding', () => {
  it('keeps method, path, query, body and headers, without those of the connection', async () => {
    const url = await backend((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method, url, headers } = request;
        const body = Buffer.concat(chunks).toString();
        response.end(JSON.stringify({ method, url, headers, body }));
      });
    });
    const answer = await ask(url, '/api/cards/a%2Fb?q=%20x&q=y', {
      method: 'PATCH',
      headers: { 'x-request-id': 'abc', 'accept-encoding': 'br', 'content-type': 'text/plain' },
      body: 'grüße',
    });
    const seen = await answer.json();
    expect(seen).toMatchObject({
      method: 'PATCH',
      url: '/api/cards/a%2Fb?q=%20x&q=y',
      body: 'grüße',
    });
    expect(seen.headers).toMatchObject({
      'x-request-id': 'abc',
      'accept-encoding': 'identity',
      'content-type': 'text/plain',
      host: url.host,
    });
  });

  it('keeps status and headers of the answer, several cookies among them', async () => {
    const url = await backend((_, response) => {
      response.writeHead(429, {
        'retry-after': '7',
        'set-cookie': ['a=1', 'b=2'],
        'content-type': 'application/problem+json',
        'x-revision': 'backend-9',
      });
      response.end('{}');
    });
    const answer = await ask(url, '/api/cards');
    expect(answer.status).toBe(429);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'retry-after': '7',
      'content-type': 'application/problem+json',
      'x-revision': 'backend-9',
    });
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(answer.headers.has('connection')).toBe(false);
  });

  it.each([204, 304])('passes on a %i, which has no body', async (status) => {
    const url = await backend((_, response) => response.writeHead(status).end());
    const answer = await ask(url, '/api/cards');
    expect(answer.status).toBe(status);
    expect(await answer.text()).toBe('');
  });

  it('passes a redirect on instead of following it', async () => {
    const url = await backend((_, response) =>
      response.writeHead(307, { location: '/elsewhere' }).end(),
    );
    const answer = await ask(url, '/api/cards');
    expect([answer.status, answer.headers.get('location')]).toEqual([307, '/elsewhere']);
  });

  it('streams: the first piece arrives while the backend still holds the last', async () => {
    let finish: () => void = () => undefined;
    const url = await backend((_, response) => {
      response.write('first');
      finish = () => response.end('last');
    });
    const reader = (await ask(url, '/api/events')).body?.getReader();
    const text = async () => new TextDecoder().decode((await reader?.read())?.value);
    expect(await text()).toBe('first');
    finish();
    expect(await text()).toBe('last');
  });

  it('asks once more for a read whose kept connection closed, and never for a write', async () => {
    quietLog();
    const seen: string[] = [];
    const url = await backend((request, response) => {
      seen.push(request.method ?? '');
      if (seen.length === 1 || request.method === 'POST') request.socket.destroy();
      else response.end('fine');
    });
    expect(await (await ask(url, '/api/cards')).text()).toBe('fine');
    expect((await ask(url, '/api/cards', { method: 'POST', body: '{}' })).status).toBe(502);
    expect(seen).toEqual(['GET', 'GET', 'POST']);
  });
});

describe('a backend that does not answer', () => {
  it('is a 502 problem when it is not there, with a request id that the log has too', async () => {
    const log = quietLog();
    const url = await backend(() => undefined);
    const [server] = servers.splice(0);
    server?.close();
    const answer = await ask(url, '/api/cards?limit=1');
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    const { status, code, instance, requestId } = problem.parse(await answer.json());
    expect({ status, code, instance }).toEqual({
      status: 502,
      code: 'BACKEND_UNREACHABLE',
      instance: '/api/cards',
    });
    expect(answer.headers.get('x-request-id')).toBe(requestId);
    expect(log.mock.calls[0]?.[0]).toContain(requestId);
    expect(log.mock.calls[0]?.[0]).toContain('ECONNREFUSED');
  });

  it('is a 504 problem when it takes too long', async () => {
    quietLog();
    const answer = await ask(await backend(() => undefined), '/api/cards', {}, 50);
    expect(await answer.json()).toMatchObject({ status: 504, code: 'BACKEND_TIMEOUT' });
  });

  it('is let go when the browser goes', async () => {
    let gone: () => void = () => undefined;
    const closed = new Promise<void>((resolve) => (gone = resolve));
    const stop = new AbortController();
    const url = await backend((_, response) => {
      response.on('close', gone);
      stop.abort();
    });
    const answer = await ask(url, '/api/cards', { signal: stop.signal });
    await closed;
    expect(answer.status).toBe(499);
  });
});
