import { problemContentType, problemStatuses, type Problem } from '@prompt-card/contract';
import { StoreError } from '@prompt-card/store';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ProblemError, toProblem } from '../problem-error.ts';

/** Answers every failure, of routes and of the framework, with a problem and nothing of our insides. */
export function addProblems(app: FastifyInstance): void {
  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      new ProblemError('ROUTE_NOT_FOUND', `there is no ${request.method} ${pathOf(request.url)}`),
      request,
      reply,
    ),
  );
}

/** Also used where the framework answers before any hook or handler ran. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const known = toProblemError(error);
  const status = problemStatuses[known.code];
  if (status >= 500) request.log.error({ err: error }, known.message);
  else request.log.info({ code: known.code, errors: known.errors }, known.message);
  if (known.code === 'SERVICE_UNAVAILABLE') void reply.header('retry-after', '1');
  const facts = { requestId: request.id, path: pathOf(request.url) };
  const body: Problem = toProblem(known, status, facts);
  return reply.status(status).type(problemContentType).serializer(JSON.stringify).send(body);
}

/** Decides what a client gets to know about a failure. */
export function toProblemError(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof StoreError) return fromStore(error);
  const { statusCode, message } = frameworkFacts(error);
  if (statusCode === 413) {
    return new ProblemError('PAYLOAD_TOO_LARGE', 'the body has more than 2 MiB', undefined, error);
  }
  if (statusCode === 415) {
    return new ProblemError(
      'UNSUPPORTED_MEDIA_TYPE',
      'send the body as application/json',
      undefined,
      error,
    );
  }
  if (statusCode >= 400 && statusCode < 500) {
    const errors = [{ field: '', message }];
    return new ProblemError('INVALID_REQUEST', message, errors, error);
  }
  return internal(error);
}

function fromStore(error: StoreError): ProblemError {
  switch (error.code) {
    case 'CURSOR_INVALID':
      return new ProblemError(
        'INVALID_REQUEST',
        'cursor: must be a `nextCursor` of an earlier page',
        [{ field: 'cursor', message: 'must be a `nextCursor` of an earlier page' }],
        error,
      );
    case 'DATABASE_UNREACHABLE':
    case 'DATABASE_TIMEOUT':
      return new ProblemError('SERVICE_UNAVAILABLE', 'try again in a moment', undefined, error);
    case 'DATABASE_FAILED':
    case 'DATABASE_URL_INVALID':
    case 'MIGRATIONS_UNREADABLE':
    case 'MIGRATION_CHANGED':
    case 'MIGRATION_FAILED':
      return internal(error);
  }
}

function internal(cause: unknown): ProblemError {
  const detail = 'report the requestId if it happens again';
  return new ProblemError('INTERNAL_ERROR', detail, undefined, cause);
}

/** Fastify's own errors say what was wrong with a request; only those with a 4xx status are for clients. */
function frameworkFacts(error: unknown): { statusCode: number; message: string } {
  if (!(error instanceof Error) || !('statusCode' in error))
    return { statusCode: 500, message: '' };
  return { statusCode: Number(error.statusCode), message: error.message };
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? url;
}
