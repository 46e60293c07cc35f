import { request } from 'node:http';
import { LocalError, type LocalErrorCode } from '../errors.ts';
import type { DesiredService, Fence } from './desired-service.ts';
import type { RevisionSecond, ServiceStatus } from './service-status.ts';

const TIMEOUT_MS = 10_000;

/** Codes that the admin API answers with and that mean the same here. */
const KNOWN_CODES: ReadonlySet<string> = new Set<LocalErrorCode>([
  'FENCE_STALE',
  'SERVICE_UNKNOWN',
  'CONFIGURATION_INVALID',
  'LOAD_BALANCER_FORBIDDEN',
]);

/** The admin API, typed. Every write carries a fence; a stale one is refused with `FENCE_STALE`. */
export class LoadBalancerClient {
  readonly #url: string;
  readonly #token: string;

  constructor({ url, token }: { readonly url: string; readonly token: string }) {
    this.#url = url;
    this.#token = token;
  }

  /** Replaces a service's routing as a whole and returns what it is then. */
  setService(service: string, desired: DesiredService): Promise<ServiceStatus> {
    return this.#json('PUT', `/v1/services/${service}`, desired);
  }

  /** Takes charge of a service without changing its routing, so that older writers are refused. */
  takeFence(service: string, fence: Fence): Promise<ServiceStatus> {
    return this.#json('PUT', `/v1/services/${service}/fence`, fence);
  }

  service(service: string): Promise<ServiceStatus> {
    return this.#json('GET', `/v1/services/${service}`);
  }

  services(): Promise<readonly ServiceStatus[]> {
    return this.#json('GET', '/v1/services');
  }

  /** The last five minutes, second by second; seconds without requests are absent. */
  series(service: string): Promise<readonly RevisionSecond[]> {
    return this.#json('GET', `/v1/services/${service}/series`);
  }

  /** Prometheus text. */
  metrics(): Promise<string> {
    return this.#send('GET', '/metrics');
  }

  async #json<T>(method: 'GET' | 'PUT', path: string, body?: unknown): Promise<T> {
    return JSON.parse(await this.#send(method, path, body)) as T;
  }

  async #send(method: 'GET' | 'PUT', path: string, body?: unknown): Promise<string> {
    const { status, text } = await exchange(new URL(path, this.#url), {
      method,
      token: this.#token,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (status === 200) return text;
    throw problemError(status, text);
  }
}

function problemError(status: number, text: string): LocalError {
  let problem: { code?: string; detail?: string; next?: string } = {};
  try {
    problem = JSON.parse(text) as typeof problem;
  } catch {
    // not a problem document: its text is all there is to say
  }
  const { code = '', detail = text, next } = problem;
  const known = KNOWN_CODES.has(code) ? (code as LocalErrorCode) : 'LOAD_BALANCER_FAILED';
  return new LocalError(known, detail === '' ? `answered ${status}` : detail, next ? { next } : {});
}

/** A connection for each call: calls are rare, and a restarted balancer must not be met on a dead one. */
function exchange(
  url: URL,
  options: { readonly method: string; readonly token: string; readonly body: string | undefined },
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const unreachable = (cause: Error): void =>
      reject(
        new LocalError(
          'LOAD_BALANCER_UNREACHABLE',
          `no answer from the load balancer at ${url.origin}`,
          {
            cause,
            next: 'check that it runs, and read its log',
          },
        ),
      );
    const sent = request(
      url,
      {
        method: options.method,
        agent: false,
        signal: AbortSignal.timeout(TIMEOUT_MS),
        headers: {
          authorization: `Bearer ${options.token}`,
          ...(options.body === undefined
            ? {}
            : {
                'content-type': 'application/json',
                'content-length': Buffer.byteLength(options.body),
              }),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', unreachable);
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    sent.once('error', unreachable);
    sent.end(options.body);
  });
}
