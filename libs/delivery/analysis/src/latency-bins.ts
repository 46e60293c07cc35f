/**
 * Latency on a logarithmic grid: bin b holds [LOWEST·1.02^b, LOWEST·1.02^(b+1)). The grid is what
 * makes counts exchangeable for single outcomes: every statistic of the judge reads bins only.
 */
export const BIN_WIDTH = Math.log(1.02);
export const LOWEST_MS = 0.1;
/** Up to 0.1 ms · 1.02^900, about 90 minutes; slower answers share the last bin. */
export const BIN_COUNT = 900;

const LOG_LOWEST = Math.log(LOWEST_MS);

/** The bin of a latency, or -1 for what is not a latency (NaN, negative, infinite). */
export function latencyBin(latencyMs: number): number {
  if (!Number.isFinite(latencyMs) || latencyMs < 0) return -1;
  if (latencyMs <= LOWEST_MS) return 0;
  const bin = Math.floor((Math.log(latencyMs) - LOG_LOWEST) / BIN_WIDTH);
  return bin < BIN_COUNT ? bin : BIN_COUNT - 1;
}

/** The latency in the (logarithmic) middle of a bin. */
export function binLatencyMs(bin: number): number {
  return Math.exp(LOG_LOWEST + (bin + 0.5) * BIN_WIDTH);
}

/** ln of the latency in the middle of a bin. */
export function binLogLatency(bin: number): number {
  return LOG_LOWEST + (bin + 0.5) * BIN_WIDTH;
}

/** A sparse histogram: `counts[i]` outcomes in bin `bins[i]`. Plain arrays, so that it travels as JSON. */
export interface LatencyCounts {
  readonly bins: ArrayLike<number>;
  readonly counts: ArrayLike<number>;
}

/** Counts of single latencies. */
export function countLatencies(latenciesMs: Iterable<number>): LatencyCounts {
  const byBin = new Map<number, number>();
  for (const latencyMs of latenciesMs) {
    const bin = latencyBin(latencyMs);
    if (bin >= 0) byBin.set(bin, (byBin.get(bin) ?? 0) + 1);
  }
  const bins = [...byBin.keys()].sort((a, b) => a - b);
  return { bins, counts: bins.map((bin) => byBin.get(bin) ?? 0) };
}
