import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '@prompt-card/core';

/** This machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (durationMs, signal) => {
    await wait(durationMs, undefined, signal ? { signal: signal as AbortSignal } : {}).catch(
      (error: unknown) => {
        if (!signal?.aborted) throw error;
      },
    );
  },
};
