import { Cron } from 'croner';
import type { FreezeWindow } from '../environment/freeze-schema.ts';

/** A freeze window that is open now. */
export interface OpenWindow {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly untilMs: number;
}

/** The windows that are open at `nowMs`: from their beginning on, up to and without their end. */
export function openWindows(
  windows: readonly FreezeWindow[],
  nowMs: number,
): readonly OpenWindow[] {
  return windows.flatMap(({ name, cron, hours, timeZone }) => {
    const durationMs = hours * 3_600_000;
    const startMs = lastStart(new Cron(cron, { timezone: timeZone }), nowMs, durationMs);
    return startMs === undefined ? [] : [{ name, untilMs: startMs + durationMs }];
  });
}

const MINUTE_MS = 60_000;

/**
 * The newest beginning that is less than `withinMs` ago. A schedule is only asked forwards, from ever
 * further back, so that a window that begins every minute is not walked through minute by minute.
 */
function lastStart(schedule: Cron, nowMs: number, withinMs: number): number | undefined {
  for (let backMs = MINUTE_MS; ; backMs *= 2) {
    const fromMs = nowMs - Math.min(backMs, withinMs);
    let startMs = nextAfter(schedule, fromMs);
    if (startMs <= nowMs) {
      for (let laterMs; (laterMs = nextAfter(schedule, startMs)) <= nowMs;) startMs = laterMs;
      return startMs;
    }
    if (backMs >= withinMs) return undefined;
  }
}

function nextAfter(schedule: Cron, ms: number): number {
  return schedule.nextRun(new Date(ms))?.getTime() ?? Infinity;
}
