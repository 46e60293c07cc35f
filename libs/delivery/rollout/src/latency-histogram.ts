/**
 * A latency histogram whose bins grow by 2 %: bin `i` counts latencies from 0.01 · 1.02^i up to
 * 0.01 · 1.02^(i+1) milliseconds, so a percentile is within 2 % of the truth. Sparse: a bin without a
 * count is absent. Histograms add and subtract bin by bin, so a reader of a growing one takes differences.
 */
export type LatencyHistogram = Readonly<Record<number, number>>;

const BIN_RATIO = 1.02;
const FIRST_BIN_MS = 0.01;

/** The bin that counts a latency. */
export function latencyBin(latencyMs: number): number {
  if (latencyMs <= FIRST_BIN_MS) return 0;
  return Math.floor(Math.log(latencyMs / FIRST_BIN_MS) / Math.log(BIN_RATIO));
}

/** What was counted in `later` and not yet in `earlier`. */
export function subtractHistogram(
  later: LatencyHistogram,
  earlier: LatencyHistogram,
): LatencyHistogram {
  const difference: Record<number, number> = {};
  for (const [bin, count] of Object.entries(later)) {
    const rest = count - (earlier[Number(bin)] ?? 0);
    if (rest > 0) difference[Number(bin)] = rest;
  }
  return difference;
}

/** The latency in milliseconds that the share `q` (0 to 1) of the counts does not exceed; NaN without counts. */
export function percentile(histogram: LatencyHistogram, q: number): number {
  const bins = Object.entries(histogram)
    .map(([bin, count]) => ({ bin: Number(bin), count }))
    .sort((a, b) => a.bin - b.bin);
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  let remaining = q * total;
  for (const { bin, count } of bins) {
    remaining -= count;
    if (remaining <= 0) return FIRST_BIN_MS * BIN_RATIO ** (bin + 0.5);
  }
  return NaN;
}
