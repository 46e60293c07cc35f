import { comprehensiveHealth, health, type ComprehensiveHealth } from '@prompt-card/contract';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';

/** Liveness asks nobody; readiness asks everything the service needs. */
export function addHealthRoutes(
  app: FastifyInstance,
  revision: string,
  readiness: () => Promise<ComprehensiveHealth>,
): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const tags = ['health'];

  routes.get(
    '/api/health',
    { schema: { tags, summary: 'Whether the process answers', response: { 200: health } } },
    async () => ({ status: 'pass' as const, revision }),
  );

  routes.get(
    '/api/health/comprehensive',
    {
      schema: {
        tags,
        summary: 'Whether the process and all it needs work',
        description: '503 only where the service cannot serve; `warn` still serves.',
        response: { 200: comprehensiveHealth, 503: comprehensiveHealth },
      },
    },
    async (_request, reply) => {
      const found = await readiness();
      return reply
        .header('cache-control', 'no-store')
        .status(found.status === 'fail' ? 503 : 200)
        .send(found);
    },
  );
}
