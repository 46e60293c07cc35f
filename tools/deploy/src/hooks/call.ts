import { setTimeout as wait } from 'node:timers/promises';
import type { CallDefinition } from '../environment/hook-schema.ts';
import { callCommand } from './call-command.ts';
import type { CallPayload } from './payload.ts';
import { callWebhook } from './call-webhook.ts';

/** How one attempt went, in a few words. */
export interface CallResult {
  readonly ok: boolean;
  readonly detail: string;
}

/** What calls are made with. */
export interface CallSetting {
  /** Commands run here. */
  readonly folder: string;
  /** Commands get these variables, and secrets are looked up in them. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/**
 * Calls until an attempt succeeds or none is left. `id` is the same for all attempts: whoever is called
 * may be called again for the same thing, by a retry or after a crash.
 */
export async function call(
  definition: CallDefinition,
  id: string,
  payload: CallPayload,
  setting: CallSetting,
  signal: AbortSignal,
): Promise<CallResult> {
  for (let attempt = 0; ; attempt += 1) {
    const timeout = AbortSignal.timeout(definition.timeoutSeconds * 1_000);
    const result = await callOnce(
      definition,
      id,
      payload,
      setting,
      AbortSignal.any([signal, timeout]),
    );
    if (result.ok) return result;
    if (signal.aborted) return { ok: false, detail: 'it was not needed any longer' };
    const detail = timeout.aborted
      ? `it did not end within ${definition.timeoutSeconds} s`
      : result.detail;
    if (attempt >= definition.retries) {
      return { ok: false, detail: attempt > 0 ? `${detail} (${attempt + 1} attempts)` : detail };
    }
    const delayMs = definition.retryDelaySeconds * 1_000 * 2 ** attempt;
    await wait(delayMs, undefined, { signal }).catch(() => undefined);
  }
}

function callOnce(
  { command, webhook }: CallDefinition,
  id: string,
  payload: CallPayload,
  setting: CallSetting,
  signal: AbortSignal,
): Promise<CallResult> {
  const body = JSON.stringify({ id, ...payload });
  if (command) return callCommand(command, body, setting, signal);
  if (!webhook) return Promise.resolve({ ok: false, detail: 'it calls nothing' });
  const { url, secretVariable } = webhook;
  const secret = secretVariable === undefined ? undefined : setting.variables[secretVariable];
  if (secretVariable !== undefined && !secret) {
    return Promise.resolve({ ok: false, detail: `${secretVariable} is not set` });
  }
  return callWebhook(url, { id, timestamp: Math.floor(Date.now() / 1_000), body }, secret, signal);
}
