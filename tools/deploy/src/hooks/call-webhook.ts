import type { CallResult } from './call.ts';
import { type Delivery, webhookHeaders } from './signature.ts';

const MAX_DETAIL_LENGTH = 200;

/** One POST. A redirect is no success: the signature is for the address that was written down. */
export async function callWebhook(
  url: string,
  delivery: Delivery,
  secret: string | undefined,
  signal: AbortSignal,
): Promise<CallResult> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: delivery.body,
      headers: { 'content-type': 'application/json', ...webhookHeaders(delivery, secret) },
      redirect: 'manual',
      signal,
    });
    const text = (await response.text()).trim().slice(0, MAX_DETAIL_LENGTH);
    return { ok: response.ok, detail: `answered ${response.status}${text && `: ${text}`}` };
  } catch (error) {
    const { cause, message } = error as Error;
    return { ok: false, detail: cause instanceof Error ? cause.message : message };
  }
}
