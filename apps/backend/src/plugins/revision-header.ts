import type { FastifyInstance } from 'fastify';

/** Tells on every response which revision answered: how a deployment sees where its traffic goes. */
export function addRevisionHeader(app: FastifyInstance, revision: string): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers({ 'x-revision': revision, 'x-request-id': request.id });
  });
}
