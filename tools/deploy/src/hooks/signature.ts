import { createHmac } from 'node:crypto';

/** What identifies a delivery; the receiver refuses one that is old or that it has had before. */
export interface Delivery {
  /** The same for every attempt of one call. */
  readonly id: string;
  /** Seconds since the epoch. */
  readonly timestamp: number;
  readonly body: string;
}

/**
 * The headers of a signed webhook, as https://www.standardwebhooks.com describes them: HMAC-SHA256 over
 * id, time and body. A secret that begins with `whsec_` is base64, any other is taken as it is.
 */
export function webhookHeaders(
  { id, timestamp, body }: Delivery,
  secret: string | undefined,
): Readonly<Record<string, string>> {
  const headers = { 'webhook-id': id, 'webhook-timestamp': String(timestamp) };
  if (secret === undefined) return headers;
  const key = secret.startsWith('whsec_')
    ? Buffer.from(secret.slice('whsec_'.length), 'base64')
    : Buffer.from(secret);
  const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { ...headers, 'webhook-signature': `v1,${mac}` };
}
