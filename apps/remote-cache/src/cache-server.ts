import * as http from 'node:http';
import * as https from 'node:https';
import { hashInUrl, isArtifactUrl } from './protocol/artifact-url.ts';
import { answer, answerJson } from './protocol/answer.ts';
import { dropScope } from './routes/drop-scope.ts';
import { exchangeToken } from './routes/exchange-token.ts';
import { readArtifact } from './routes/read-artifact.ts';
import { recordDurations } from './routes/record-durations.ts';
import { askForToken, maySee, showMetrics, showPage } from './routes/show-page.ts';
import { writeArtifact } from './routes/write-artifact.ts';
import type { Services } from './services.ts';

/** Certificate and key in PEM. */
export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
}

const SERVER_OPTIONS: http.ServerOptions = {
  // A second Authorization header would otherwise be dropped in silence; joined, it is no token.
  joinDuplicateHeaders: true,
  headersTimeout: 20_000,
  connectionsCheckingInterval: 5_000,
  // Uploads are bounded by their pace instead: a large one over a slow line is no attack.
  requestTimeout: 0,
  // Longer than tasks take: Nx opens no second connection when the server has closed the first.
  keepAliveTimeout: 650_000,
  maxHeaderSize: 16 * 1024,
};

/** Inactivity after which a connection in the middle of a request is given up. */
const IDLE_SOCKET_MS = 120_000;

/** The HTTP server over {@link Services}; the caller makes it listen. */
export function createCacheServer(services: Services, tls?: TlsMaterial): http.Server {
  const onRequest: http.RequestListener = (request, response) => {
    route(request, response, services).catch((error: unknown) => {
      services.logger.error({ url: request.url, error: String(error) }, 'request failed');
      // Reads that break are misses and writes that break are refusals: never a 5xx.
      if (response.headersSent) response.destroy();
      else answer(response, request.method === 'PUT' ? 403 : 404, 'not available');
    });
  };
  const server = tls
    ? https.createServer({ ...SERVER_OPTIONS, ...tls }, onRequest)
    : http.createServer(SERVER_OPTIONS, onRequest);
  server.setTimeout(IDLE_SOCKET_MS);
  return server;
}

async function route(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  services: Services,
): Promise<void> {
  const url = request.url ?? '/';
  if (isArtifactUrl(url)) {
    const hash = hashInUrl(url);
    if (request.method === 'GET') return readArtifact(request, response, hash, services);
    if (request.method === 'PUT') return writeArtifact(request, response, hash, services);
    request.resume();
    return answer(response, 405, 'artifacts are read by GET and written by PUT');
  }
  switch (`${request.method} ${url}`) {
    case 'GET /health':
      return showHealth(response, services);
    case 'POST /token':
      return exchangeToken(request, response, services);
    case 'POST /v1/durations':
      return recordDurations(request, response, services);
    case 'GET /':
    case 'GET /metrics':
      if (!maySee(request, services)) return askForToken(response);
      return url === '/' ? showPage(response, services) : showMetrics(response, services);
  }
  const scope = /^\/v1\/scopes\/([\w-]{1,32})$/.exec(url)?.[1];
  if (scope && request.method === 'DELETE') return dropScope(request, response, scope, services);
  request.resume();
  answer(response, 404, 'not found');
}

/** 200 while requests are taken; what a guard or a load balancer asks. */
function showHealth(response: http.ServerResponse, services: Services): void {
  const status = services.isDraining() ? 'draining' : 'ok';
  answerJson(response, status === 'ok' ? 200 : 503, { status });
}
