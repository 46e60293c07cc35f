import type { FastifyInstance } from 'fastify';

/**
 * While the server closes, each answer ends its connection. Without that a kept-alive connection whose
 * last answer was under way when closing began would hold the process until the client lets go.
 */
export function addDraining(app: FastifyInstance): void {
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
  });
  app.addHook('onSend', async (_request, reply) => {
    if (closing) void reply.header('connection', 'close');
  });
}
