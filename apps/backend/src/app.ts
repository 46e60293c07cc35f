import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { problemContentType } from '@prompt-card/contract';
import { CardRepository, uuidV7, type Database, type Migration } from '@prompt-card/store';
import fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import type { Identity } from './config.ts';
import type { Faults } from './faults.ts';
import { addDraining } from './plugins/draining.ts';
import { addFaultInjection } from './plugins/fault-injection.ts';
import { addMetrics } from './plugins/metrics.ts';
import { addOpenApi } from './plugins/openapi.ts';
import { addProblems, sendProblem } from './plugins/problems.ts';
import { addRevisionHeader } from './plugins/revision-header.ts';
import { addValidation } from './plugins/validation.ts';
import { ProblemError, toProblem } from './problem-error.ts';
import { addCardRoutes } from './routes/cards/card-routes.ts';
import { addHealthRoutes } from './routes/health/health-routes.ts';
import { createReadiness } from './routes/health/readiness.ts';
import { addMetricsRoute } from './routes/metrics/metrics-route.ts';

export interface AppDependencies {
  readonly identity: Identity;
  readonly database: Database;
  /** What this revision needs the database to have. */
  readonly migrations: readonly Migration[];
  readonly faults: Faults;
  readonly logger: Exclude<FastifyServerOptions['logger'], undefined>;
  /** Folder with the documentation UI's files, where they do not lie in node_modules. */
  readonly docsAssets?: string;
}

/** The whole HTTP side, listening to nothing yet: `inject` requests or call `listen`. */
export async function buildApp(dependencies: AppDependencies): Promise<FastifyInstance> {
  const { identity, database, faults } = dependencies;
  const app = fastify({
    logger: dependencies.logger,
    genReqId: requestId,
    // A template of the largest allowed size fits even when every character is escaped. A larger one is
    // refused by the schema, which names the field.
    bodyLimit: 2 * 1024 * 1024,
    forceCloseConnections: 'idle',
    // A load balancer may still send on a kept-alive connection; it gets its answer.
    return503OnClosing: false,
    frameworkErrors: (error, request, reply) => {
      void reply.headers({ 'x-revision': identity.revision, 'x-request-id': request.id });
      void sendProblem(error, request, reply);
    },
    clientErrorHandler: (error, socket) => {
      app.log.info({ code: error.code }, 'not an HTTP request');
      if (socket.writable) socket.end(unreadableRequest(identity.revision));
    },
  });
  addRevisionHeader(app, identity.revision);
  addProblems(app);
  addValidation(app);
  addDraining(app);
  const registry = addMetrics(app, identity);
  addFaultInjection(app, faults);
  await addOpenApi(app, { version: identity.version, assets: dependencies.docsAssets });

  const cards = new CardRepository({
    database,
    now: () => new Date(),
    newId: () => uuidV7(Date.now(), randomBytes(10)),
  });
  addCardRoutes(app, cards);
  const { migrations } = dependencies;
  const { neverHealthy } = faults;
  const readiness = createReadiness({ database, migrations, identity, neverHealthy });
  addHealthRoutes(app, identity.revision, readiness);
  addMetricsRoute(app, registry);
  return app;
}

/** A caller's id is taken over, so that one request can be followed through several logs. */
function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w-]{8,64}$/.test(given) ? given : randomUUID();
}

/** Bytes that Node could not read as HTTP never reach a route; they are answered by hand. */
function unreadableRequest(revision: string): string {
  const problem = toProblem(
    new ProblemError('INVALID_REQUEST', 'this is not an HTTP/1.1 request'),
    400,
    { requestId: randomUUID(), path: '' },
  );
  const body = JSON.stringify(problem);
  return [
    'HTTP/1.1 400 Bad Request',
    `content-type: ${problemContentType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `x-revision: ${revision}`,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}
