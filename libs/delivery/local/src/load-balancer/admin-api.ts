import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { LocalError, type LocalErrorCode } from '../errors.ts';
import { desiredServiceSchema, fenceSchema } from './desired-service.ts';
import type { LoadBalancer } from './load-balancer.ts';
import { prometheusText } from './prometheus-text.ts';

const MAX_BODY_BYTES = 256 * 1024;

const STATUS_OF: Partial<Record<LocalErrorCode, number>> = {
  FENCE_STALE: 409,
  SERVICE_UNKNOWN: 404,
  CONFIGURATION_INVALID: 422,
};

type Answer = { readonly json: unknown } | { readonly text: string };

/**
 * GET  /v1/services               every service's status
 * GET  /v1/services/<name>        one service's status
 * PUT  /v1/services/<name>        replace its routing: {fence, holder, targets}
 * PUT  /v1/services/<name>/fence  take charge of it: {fence, holder}
 * GET  /v1/services/<name>/series the last minutes, second by second
 * GET  /metrics                   Prometheus text
 */
export function createAdminApi(balancer: LoadBalancer, token: string): Server {
  const server = createServer((request, response) => {
    answer(balancer, token, request).then(
      (result) => send(response, result),
      (error: unknown) => sendError(response, error),
    );
  });
  server.requestTimeout = 10_000;
  return server;
}

async function answer(
  balancer: LoadBalancer,
  token: string,
  request: IncomingMessage,
): Promise<Answer> {
  if (!isBearer(request.headers.authorization, token)) {
    throw new LocalError('LOAD_BALANCER_FORBIDDEN', 'the bearer token is missing or wrong', {
      next: 'send the token from the load balancer’s token file',
    });
  }
  const url = request.url?.split('?')[0] ?? '';
  if (url === '/metrics') return { text: prometheusText(statuses(balancer)) };
  if (url === '/v1/services') return { json: statuses(balancer) };
  const [, name = '', part] = /^\/v1\/services\/([^/]+)(?:\/(fence|series))?$/.exec(url) ?? [];
  if (name === '') throw new LocalError('SERVICE_UNKNOWN', `there is nothing at ${url}`);
  if (request.method === 'GET') {
    return { json: part === 'series' ? balancer.series(name) : balancer.status(name) };
  }
  if (request.method !== 'PUT' || part === 'series') {
    throw new LocalError('SERVICE_UNKNOWN', `${String(request.method)} ${url} does not exist`);
  }
  const body = await readJson(request);
  return {
    json:
      part === 'fence'
        ? await balancer.takeFence(name, valid(fenceSchema, body))
        : await balancer.setService(name, valid(desiredServiceSchema, body)),
  };
}

function statuses(balancer: LoadBalancer): ReturnType<LoadBalancer['status']>[] {
  return balancer.services.map((name) => balancer.status(name));
}

/** Compares hashes, so that neither length nor content of the token shows in the time it takes. */
function isBearer(header: string | undefined, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${token}`));
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) {
      throw new LocalError('CONFIGURATION_INVALID', `a body has ${MAX_BODY_BYTES} bytes at most`);
    }
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (cause) {
    throw new LocalError('CONFIGURATION_INVALID', 'the body is not JSON', { cause });
  }
}

function valid<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new LocalError('CONFIGURATION_INVALID', z.prettifyError(result.error));
}

function send(response: ServerResponse, answer: Answer): void {
  const isText = 'text' in answer;
  response.writeHead(200, {
    'content-type': isText ? 'text/plain; version=0.0.4; charset=utf-8' : 'application/json',
  });
  response.end(isText ? answer.text : JSON.stringify(answer.json));
}

function sendError(response: ServerResponse, error: unknown): void {
  const known = error instanceof LocalError ? error : undefined;
  const status =
    known?.code === 'LOAD_BALANCER_FORBIDDEN' ? 401 : ((known && STATUS_OF[known.code]) ?? 500);
  response.writeHead(status, {
    'content-type': 'application/problem+json',
    // What is left of a body that was not read ends with the connection.
    connection: 'close',
  });
  response.end(
    JSON.stringify({
      type: 'about:blank',
      status,
      code: known?.code ?? 'LOAD_BALANCER_FAILED',
      detail: error instanceof Error ? error.message : String(error),
      next: known?.next,
    }),
  );
}
