import type { Writable } from 'node:stream';

/** The name of the variable by which a run's processes are known, before the run's marker. */
export const markPrefix: string;

/** Starts the watchdog of a run; ending the stream dismisses it. */
export function startWatchdog(marker: string): Writable;

/** Ends every process of a run, also one that left its group; says how many there were. */
export function killMarked(marker: string): number;
