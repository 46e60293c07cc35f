import type { RequestHead } from './request-head.ts';

/** What the balancer adds to a request. */
export interface Forwarding {
  readonly clientAddress: string;
  readonly requestId: string;
  /** `host:port` of the target, for a request that names no host. */
  readonly targetAddress: string;
  /** Ask for the body to be asked for. */
  readonly announce: boolean;
}

/** A request's head as the target gets it. */
export function forwardedHead(
  head: RequestHead,
  { clientAddress, requestId, targetAddress, announce }: Forwarding,
): string {
  const from =
    head.forwardedFor === undefined ? clientAddress : `${head.forwardedFor}, ${clientAddress}`;
  return (
    `${head.method} ${head.target} HTTP/1.1\r\n${head.lines}` +
    (head.host === '' ? `host: ${targetAddress}\r\n` : '') +
    (head.framing.kind === 'chunked' ? 'transfer-encoding: chunked\r\n' : '') +
    (head.upgrade === undefined ? '' : `connection: upgrade\r\nupgrade: ${head.upgrade}\r\n`) +
    (announce ? 'expect: 100-continue\r\n' : '') +
    `x-forwarded-for: ${from}\r\nx-forwarded-proto: http\r\nx-forwarded-host: ${head.host}\r\n` +
    `x-request-id: ${requestId}\r\n\r\n`
  );
}
