import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { DesiredTarget } from '../desired-service.ts';

/** A real HTTP server that plays a revision. It answers health checks itself unless told to be sick. */
export interface TargetServer {
  readonly server: Server;
  readonly revision: string;
  readonly port: number;
  /** What `/health` answers. */
  health: number;
  /** Requests it has seen the head of, health checks aside. */
  requests: number;
  target(weight: number, state?: DesiredTarget['state']): DesiredTarget;
  /** Stops like a well-behaved program: takes nothing new, finishes what it has. */
  stop(): Promise<void>;
  /** Is gone at once, connections reset. */
  crash(): Promise<void>;
}

export async function startTarget(
  revision: string,
  handler: RequestListener = (_request, response) => response.end(revision),
  port = 0,
): Promise<TargetServer> {
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    // As Fastify does: a connection must not outlast the server by being used.
    if (!server.listening) response.setHeader('connection', 'close');
    if (request.url === '/health') {
      response.writeHead(target.health).end();
      return;
    }
    target.requests++;
    handler(request, response);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const target: TargetServer = {
    server,
    revision,
    port: (server.address() as AddressInfo).port,
    health: 200,
    requests: 0,
    target: (weight, state = 'active') => ({
      revision,
      host: '127.0.0.1',
      port: target.port,
      weight,
      state,
    }),
    stop: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      await closed;
    },
    crash: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.resetAndDestroy();
      await closed;
    },
  };
  return target;
}
