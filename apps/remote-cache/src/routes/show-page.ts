import type { IncomingMessage, ServerResponse } from 'node:http';
import { sumSavings, type StoredArtifact } from '@prompt-card/cache';
import type { Services } from '../services.ts';
import { renderPage } from '../sight/page.ts';

const BIGGEST = 10;

/** `GET /`: the page. */
export async function showPage(response: ServerResponse, services: Services): Promise<void> {
  const { statistics, retention, config } = services;
  const { since, hits, misses, stored, bytesServed, durations } = statistics;
  const html = renderPage({
    since,
    now: services.now(),
    hits,
    misses,
    stored,
    bytesServed,
    maxBytes: config.limits.maxBytes,
    savings: sumSavings(statistics.artifactHits(), durations),
    biggest: await biggest(services.store.list()),
    durations,
    usage: retention.usage(),
    quarantined: await services.quarantine.quarantined(),
  });
  const body = Buffer.from(html);
  response.writeHead(200, [
    'Content-Type',
    'text/html; charset=utf-8',
    'Content-Security-Policy',
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    'X-Content-Type-Options',
    'nosniff',
    'Cache-Control',
    'no-store',
    'Content-Length',
    String(body.length),
  ]);
  response.end(body);
}

/** `GET /metrics`: Prometheus' text format. */
export function showMetrics(response: ServerResponse, services: Services): void {
  const text = services.metrics.render(services.retention.usage(), services.memoryTierBytes());
  const body = Buffer.from(text);
  response.writeHead(200, [
    'Content-Type',
    'text/plain; version=0.0.4; charset=utf-8',
    'Content-Length',
    String(body.length),
  ]);
  response.end(body);
}

/**
 * Page and metrics name projects and pull requests, so they ask for a token unless they are open by
 * configuration: as bearer, or as the password of a browser's own prompt.
 */
export function maySee(request: IncomingMessage, services: Services): boolean {
  if (services.config.page === 'open') return true;
  const header = request.headers.authorization;
  const [, encoded] = /^Basic ([\w+/=]+)$/i.exec(header ?? '') ?? [];
  if (!encoded) return services.authenticator.identify(header) !== undefined;
  const password = Buffer.from(encoded, 'base64')
    .toString()
    .replace(/^[^:]*:/, '');
  return services.authenticator.identify(`Bearer ${password}`) !== undefined;
}

export function askForToken(response: ServerResponse): void {
  response.setHeader(
    'WWW-Authenticate',
    'Basic realm="remote cache: any user, a token as password"',
  );
  response.statusCode = 401;
  answerPlain(response, 'a token is needed');
}

function answerPlain(response: ServerResponse, text: string): void {
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.end(`${text}\n`);
}

async function biggest(artifacts: AsyncIterable<StoredArtifact>): Promise<StoredArtifact[]> {
  let kept: StoredArtifact[] = [];
  for await (const artifact of artifacts) {
    kept.push(artifact);
    if (kept.length >= 1000) kept = top(kept);
  }
  return top(kept);
}

function top(artifacts: readonly StoredArtifact[]): StoredArtifact[] {
  return artifacts.toSorted((a, b) => b.size - a.size).slice(0, BIGGEST);
}
