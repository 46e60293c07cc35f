import { setTimeout as sleep } from 'node:timers/promises';

/** Looks every 20 ms until `look` finds something; undefined when `timeoutMs` passed without it. */
export async function waitFor<Found>(
  look: () => Promise<Found | undefined> | Found | undefined,
  timeoutMs: number,
): Promise<Found | undefined> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() >= deadline) return undefined;
    await sleep(20);
  }
}
