import type { IncomingMessage, ServerResponse } from 'node:http';

/** How long a refused upload may go on sending. */
const DRAIN_MS = 60_000;

/** Why an upload was not taken; the word is the metric's label and the audit log's. */
export type RefusalReason =
  | 'read-only'
  | 'bad-hash'
  | 'no-length'
  | 'too-large'
  | 'quota'
  | 'rate'
  | 'too-slow'
  | 'disk'
  | 'draining';

/**
 * Refuses an upload with 403, which Nx takes silently, where any other refusal fails the task. The
 * answer goes out at once, and the body is read to its end: a client that is still sending when the
 * connection closes sees an error instead of the answer. The time for that is bounded.
 */
export function refuseUpload(
  request: IncomingMessage,
  response: ServerResponse,
  reason: RefusalReason,
): void {
  if (response.headersSent || response.destroyed) return;
  const body = Buffer.from(`not stored: ${reason}\n`);
  response.writeHead(403, [
    'Content-Type',
    'text/plain; charset=utf-8',
    'Content-Length',
    String(body.length),
    'X-Cache-Refusal',
    reason,
  ]);
  response.end(body);
  drain(request, DRAIN_MS);
}

/** Reads and drops the rest of a body, for `limitMs` at most. */
export function drain(request: IncomingMessage, limitMs: number): void {
  if (request.readableEnded || request.destroyed) return;
  const timer = setTimeout(() => request.socket.destroy(), limitMs);
  timer.unref();
  request.once('close', () => clearTimeout(timer));
  request.once('end', () => clearTimeout(timer));
  request.resume();
}
