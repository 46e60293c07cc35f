import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';

/** Describes the routes as OpenAPI 3.1 at `/api/docs/json`, for people at `/api/docs`. */
export async function addOpenApi(
  app: FastifyInstance,
  { version, assets }: { version: string; assets: string | undefined },
): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Prompt Card System',
        version,
        description: 'Every failure is an `application/problem+json` with a stable `code`.',
      },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  await app.register(swaggerUi, {
    routePrefix: '/api/docs',
    ...(assets !== undefined && { baseDir: assets }),
  });
}
