import { type ProblemCode, problemContentType, problemStatuses } from '@prompt-card/contract';

/** What a forwarder needs to know of the server it runs in. */
export interface ForwardOptions {
  readonly apiUrl: URL;
  readonly revision: string;
  /** How long the backend may take until its headers arrive; bodies may stream for longer. */
  readonly backendTimeoutMs: number;
}

/** These describe one connection (RFC 9110, 7.6.1) or what `fetch` works out by itself. */
const connectionHeaders = [
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/**
 * Passes a request on to the backend and its answer back, both as streams, with status and headers.
 * A backend that cannot be reached, or does not begin to answer in time, becomes a problem document.
 */
export async function forward(request: Request, options: ForwardOptions): Promise<Response> {
  const asked = new URL(request.url);
  const target = new URL(asked.pathname + asked.search, options.apiUrl);
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), options.backendTimeoutMs);
  try {
    const signal = AbortSignal.any([request.signal, deadline.signal]);
    return answerOf(await ask(request, target, signal));
  } catch (cause) {
    if (request.signal.aborted) return new Response(null, { status: 499 });
    const code = deadline.signal.aborted ? 'BACKEND_TIMEOUT' : 'BACKEND_UNREACHABLE';
    return problemAnswer(code, asked.pathname, options.revision, cause);
  } finally {
    clearTimeout(timer);
  }
}

async function ask(request: Request, target: URL, signal: AbortSignal): Promise<Response> {
  const headers = withoutConnectionHeaders(request.headers);
  // `fetch` would unpack a compressed body and leave its header; the hop is short, so none is asked for.
  headers.set('accept-encoding', 'identity');
  const init: RequestInit = {
    method: request.method,
    headers,
    body: request.body,
    cache: 'no-store',
    redirect: 'manual',
    signal,
  };
  // Streaming a request body needs this member, which the DOM's types do not have.
  Object.assign(init, { duplex: 'half' });
  try {
    return await fetch(target, init);
  } catch (error) {
    // A kept-alive connection may close just as it is used again. Reads can be repeated, once.
    const repeatable = request.method === 'GET' || request.method === 'HEAD';
    if (!repeatable || signal.aborted || !wasConnectionClosed(error)) throw error;
    return fetch(target, init);
  }
}

/** `fetch` only says that it failed; its cause says why. */
function reasonOf(error: unknown): unknown {
  return isObject(error) && 'cause' in error ? error.cause : error;
}

function wasConnectionClosed(error: unknown): boolean {
  const reason = reasonOf(error);
  const code = isObject(reason) && 'code' in reason ? reason.code : undefined;
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

function answerOf(answer: Response): Response {
  const headers = withoutConnectionHeaders(answer.headers);
  const length = answer.headers.get('content-length');
  if (answer.headers.has('content-encoding')) headers.delete('content-encoding');
  else if (length !== null) headers.set('content-length', length);
  return new Response(answer.body, { status: answer.status, headers });
}

function withoutConnectionHeaders(headers: Headers): Headers {
  const kept = new Headers(headers);
  const named = headers.get('connection')?.split(',') ?? [];
  for (const name of [...connectionHeaders, ...named]) {
    if (name.trim() !== '') kept.delete(name.trim());
  }
  return kept;
}

const details = {
  BACKEND_UNREACHABLE: {
    title: 'The backend cannot be reached',
    detail: 'The page works, but the service behind it does not answer. Try again in a moment.',
  },
  BACKEND_TIMEOUT: {
    title: 'The backend takes too long',
    detail: 'The service behind this page did not answer in time. Try again in a moment.',
  },
} as const satisfies Partial<Record<ProblemCode, { title: string; detail: string }>>;

function problemAnswer(
  code: keyof typeof details,
  instance: string,
  revision: string,
  cause: unknown,
): Response {
  const status = problemStatuses[code];
  const requestId = crypto.randomUUID();
  // The person sees the request id, the log has the reason.
  console.error(
    JSON.stringify({ level: 'error', code, requestId, instance, cause: String(reasonOf(cause)) }),
  );
  const problem = { type: 'about:blank', ...details[code], status, code, instance, requestId };
  return new Response(JSON.stringify(problem), {
    status,
    headers: {
      'content-type': problemContentType,
      'cache-control': 'no-store',
      'x-request-id': requestId,
      'x-revision': revision,
    },
  });
}
