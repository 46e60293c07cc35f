import type { Clock } from '@prompt-card/core';

/** A clock that stands still until somebody sleeps, and tells listeners how far it moved. */
export class VirtualClock implements Clock {
  private nowMs = 1_700_000_000_000;
  private readonly listeners: ((elapsedMs: number) => void)[] = [];

  now(): number {
    return this.nowMs;
  }

  sleep(durationMs: number): Promise<void> {
    this.nowMs += durationMs;
    for (const listener of this.listeners) listener(durationMs);
    return Promise.resolve();
  }

  /** A change of the wall clock: no time passes. */
  jump(byMs: number): void {
    this.nowMs += byMs;
  }

  onElapsed(listener: (elapsedMs: number) => void): void {
    this.listeners.push(listener);
  }
}
