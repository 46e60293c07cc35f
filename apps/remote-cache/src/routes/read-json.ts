import type { IncomingMessage } from 'node:http';

/** The request's body as JSON, or `undefined` when it is longer than `maxBytes` or not JSON. */
export async function readJson(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += (part as Buffer).length;
    if (bytes <= maxBytes) parts.push(part as Buffer);
  }
  if (bytes > maxBytes) return undefined;
  try {
    return JSON.parse(Buffer.concat(parts).toString());
  } catch {
    // The caller's schema refuses `undefined` with its own words.
    return undefined;
  }
}
