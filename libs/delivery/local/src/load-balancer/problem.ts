/** Every answer that the balancer gives itself, by its code. */
export type ProblemCode =
  | 'NO_TARGET'
  | 'REVISION_UNAVAILABLE'
  | 'TARGET_UNREACHABLE'
  | 'TARGET_CLOSED'
  | 'RESPONSE_INVALID'
  | 'RESPONSE_TIMEOUT'
  | 'REQUEST_TIMEOUT'
  | 'CHUNK_INVALID'
  | 'HEAD_TOO_LARGE';

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  417: 'Expectation Failed',
  431: 'Request Header Fields Too Large',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
};

/** An answer in `application/problem+json` (RFC 9457). */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

/** The whole response as it goes to the client. */
export function problemResponse(
  problem: Problem,
  options: {
    readonly requestId?: string | undefined;
    readonly revision?: string | undefined;
    readonly close: boolean;
    readonly withoutBody?: boolean;
    readonly date: Date;
  },
): string {
  const title = TITLES[problem.status] ?? 'Error';
  const body = `${JSON.stringify({ type: 'about:blank', title, ...problem, requestId: options.requestId })}\n`;
  return [
    `HTTP/1.1 ${problem.status} ${title}`,
    `date: ${options.date.toUTCString()}`,
    'content-type: application/problem+json',
    'cache-control: no-store',
    `content-length: ${Buffer.byteLength(body)}`,
    ...(problem.status === 503 ? ['retry-after: 1'] : []),
    ...(options.requestId === undefined ? [] : [`x-request-id: ${options.requestId}`]),
    ...(options.revision === undefined ? [] : [`x-served-by: ${options.revision}`]),
    ...(options.close ? ['connection: close'] : []),
    '',
    options.withoutBody === true ? '' : body,
  ].join('\r\n');
}
