import * as http from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a server may fail; each is played at every request to the cache. */
export type Fault =
  | 'hangs'
  | 'hangs-in-mid-body'
  | 'trickles'
  | 'resets'
  | 'truncates'
  | 'flips-a-bit'
  | 'sends-garbage'
  | 'closes-on-upload'
  | { readonly status: number };

export interface FaultServer {
  readonly url: string;
  readonly requests: number;
  close(): Promise<void>;
}

/**
 * A server that is well when asked for its health, and then fails as told: what no check beforehand can
 * see. `isSickAtOnce` makes it hang from the first connection on.
 */
export async function startFaultServer(fault: Fault, isSickAtOnce = false): Promise<FaultServer> {
  let requests = 0;
  const server = http.createServer((request, response) => {
    if (isSickAtOnce) return;
    if (request.url === '/health') return void response.end('{"status":"ok"}');
    requests++;
    play(fault, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return requests;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function play(fault: Fault, request: http.IncomingMessage, response: http.ServerResponse): void {
  if (fault === 'hangs') return;
  if (fault === 'resets') return void request.socket.resetAndDestroy();
  if (fault === 'closes-on-upload' && request.method === 'PUT') {
    response.writeHead(403, { connection: 'close' });
    response.end('no');
    return void request.socket.destroySoon();
  }
  request.resume();
  if (typeof fault === 'object') {
    response.writeHead(
      fault.status,
      fault.status < 400 && fault.status >= 300 ? { location: '/' } : {},
    );
    return void response.end(fault.status === 204 ? undefined : 'no');
  }
  if (request.method === 'PUT' || fault === 'closes-on-upload') {
    response.writeHead(request.method === 'PUT' ? 403 : 404);
    return void response.end('no');
  }
  const body = Buffer.alloc(100_000, 'artifact');
  const digest = 'f'.repeat(64);
  response.writeHead(200, {
    'content-length': body.length,
    ...(fault === 'flips-a-bit' || fault === 'sends-garbage'
      ? { 'x-artifact-sha256': digest }
      : {}),
  });
  switch (fault) {
    case 'hangs-in-mid-body':
      return void response.write(body.subarray(0, 1000));
    case 'trickles': {
      const timer = setInterval(() => response.write('x'), 200);
      return void response.once('close', () => clearInterval(timer));
    }
    case 'truncates':
      response.write(body.subarray(0, 50_000));
      return void setTimeout(() => request.socket.destroy(), 50);
    case 'flips-a-bit':
    case 'sends-garbage':
      return void response.end(body);
  }
}
