/** How long a running estimate remembers: a time, but never less than a number of samples. */
export interface Memory {
  readonly seconds: number;
  readonly samples: number;
}

/**
 * What is left of an estimate's past after `seconds` that brought `samples` new ones. It forgets by the
 * slower of the two clocks, so a quiet service keeps its history and no data changes nothing.
 */
export function retention(memory: Memory, seconds: number, samples: number): number {
  return Math.exp(-Math.min(seconds / memory.seconds, samples / memory.samples));
}
