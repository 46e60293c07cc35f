/** A figure with the interval its seeds allow (95 %, two-sided). */
export interface Figure {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export function mean(values: readonly number[]): Figure {
  const n = values.length;
  const average = values.reduce((sum, value) => sum + value, 0) / n;
  const variance =
    values.reduce((sum, value) => sum + (value - average) ** 2, 0) / Math.max(1, n - 1);
  const error = 1.96 * Math.sqrt(variance / n);
  return { value: average, low: average - error, high: average + error };
}

/** The q-quantile and the order statistics that enclose it. */
export function quantile(values: readonly number[], q: number): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (rank: number) =>
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(rank)))] ?? NaN;
  const n = sorted.length;
  const error = 1.96 * Math.sqrt(n * q * (1 - q));
  return { value: at(n * q - 0.5), low: at(n * q - error - 0.5), high: at(n * q + error - 0.5) };
}

/** A share with its Clopper-Pearson bounds; `high` alone is the 97.5 % upper bound. */
export function share(hits: number, total: number): Figure {
  return {
    value: hits / total,
    low: hits === 0 ? 0 : boundary((p) => 1 - binomialCdf(hits - 1, total, p) < 0.025),
    high: hits === total ? 1 : boundary((p) => binomialCdf(hits, total, p) > 0.025),
  };
}

/** The one-sided 95 % upper bound of a share. */
export function upperBound(hits: number, total: number): number {
  return hits === total ? 1 : boundary((p) => binomialCdf(hits, total, p) > 0.05);
}

/** The largest p at which `holds` is still true. */
function boundary(holds: (p: number) => boolean): number {
  let [low, high] = [0, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** P(X ≤ hits) for X ~ Binomial(total, p). */
export function binomialCdf(hits: number, total: number, p: number): number {
  let logTerm = total * Math.log1p(-p);
  let sum = Math.exp(logTerm);
  for (let k = 1; k <= hits; k++) {
    logTerm += Math.log((total - k + 1) / k) + Math.log(p) - Math.log1p(-p);
    sum += Math.exp(logTerm);
  }
  return Math.min(1, sum);
}
