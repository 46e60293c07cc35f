import type { IncomingMessage, ServerResponse } from 'node:http';
import { writableScope } from '@prompt-card/cache';
import { z } from 'zod';
import { answer } from '../protocol/answer.ts';
import type { Services } from '../services.ts';
import { readJson } from './read-json.ts';

const DURATIONS_BYTES = 4 * 1024 * 1024;

/** What `remote-cache:report` sends. */
export const durationsSchema = z
  .array(
    z.object({
      hash: z.string().regex(/^[0-9A-Za-z_-]{1,128}$/),
      project: z.string().min(1).max(200),
      target: z.string().min(1).max(200),
      durationMs: z.number().nonnegative().max(86_400_000),
    }),
  )
  .max(10_000);

/** `POST /v1/durations`: how long tasks took, so that the page can tell what a hit saves. */
export async function recordDurations(
  request: IncomingMessage,
  response: ServerResponse,
  services: Services,
): Promise<void> {
  const identity = services.authenticator.identify(request.headers.authorization);
  const durations = durationsSchema.safeParse(await readJson(request, DURATIONS_BYTES));
  if (!identity) return answer(response, 401, 'the token is not valid');
  const scope = writableScope(identity.grant);
  if (!scope) return answer(response, 403, 'this token only reads');
  if (!durations.success) return answer(response, 400, 'not a list of durations');
  for (const duration of durations.data) {
    services.statistics.recordDuration(duration, scope === 'trusted');
  }
  answer(response, 200, `recorded ${durations.data.length}`);
}
