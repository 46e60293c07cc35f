import type { ArtifactStore } from '@prompt-card/cache';
import type { Clock } from '@prompt-card/core';

export interface ScrubReport {
  readonly checked: number;
  readonly quarantined: number;
}

/**
 * Reads every stored body again and puts aside what changed: reading verifies a file once until it is
 * touched, and a disk rots without touching it. Pauses after each artifact for as long as that took
 * times `idleFactor`, so that serving stays first.
 */
export async function scrub(
  store: ArtifactStore,
  clock: Clock,
  signal: AbortSignal,
  idleFactor = 9,
): Promise<ScrubReport> {
  let checked = 0;
  let quarantined = 0;
  for await (const artifact of store.list()) {
    if (signal.aborted) break;
    const startedAt = clock.now();
    const verification = await store.verify(artifact);
    if (verification !== 'absent') checked++;
    if (verification === 'quarantined') quarantined++;
    if (idleFactor > 0) await clock.sleep((clock.now() - startedAt) * idleFactor, signal);
  }
  return { checked, quarantined };
}
