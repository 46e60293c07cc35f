import { systemClock } from '@prompt-card/local';
import type { LocalEnvironment } from '../environment/local-environment.ts';
import { readStatus, statusLines } from './status.ts';

export interface WatchOptions {
  /** One line of JSON per look instead of a picture. */
  readonly json: boolean;
  readonly intervalMs?: number;
  /** Ends the watch; without it only the end of the process does. */
  readonly signal?: AbortSignal;
}

/** Shows the status again and again: redrawn on a terminal, one after the other anywhere else. */
export async function watchStatus(
  environment: LocalEnvironment,
  stream: NodeJS.WritableStream & { readonly isTTY?: boolean },
  { json, intervalMs = 1_000, signal }: WatchOptions,
): Promise<void> {
  while (!signal?.aborted) {
    const status = await readStatus(environment);
    const clear = stream.isTTY && !json ? '\u001b[H\u001b[J' : '';
    const text = json ? JSON.stringify(status) : `${statusLines(status).join('\n')}\n`;
    stream.write(`${clear}${text}\n`);
    await systemClock.sleep(intervalMs, signal);
  }
}
