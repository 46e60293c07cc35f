/** Good and bad outcomes of both arms under one weight. */
export interface TwoArmCounts {
  readonly canary: { readonly failures: number; readonly total: number };
  readonly baseline: { readonly failures: number; readonly total: number };
}

const LARGEST_FRACTION = 0.98;

/**
 * The share c of the largest possible bet that grows fastest when both arms fail at rate p:
 * δ = p / (1 − c + c·w·δ) − p / (1 + c·w/(1 − w) + c·w·δ), a quadratic in c.
 */
export function bettingFraction(rate: number, margin: number, weight: number): number {
  const a = 1 - weight * margin;
  const b = weight / (1 - weight) + weight * margin;
  const linear = rate / (1 - weight) - margin * (b - a);
  const root = Math.sqrt(linear * linear + 4 * a * b * margin * margin);
  // The positive root, in the form that does not cancel for either sign of `linear`.
  const c = linear > 0 ? (2 * margin) / (linear + root) : (root - linear) / (2 * a * b * margin);
  return Math.min(LARGEST_FRACTION, c);
}

/**
 * ln of the growth of the bet that the canary fails less than `margin` more often than the baseline
 * (H0: p1 − p0 ≥ margin): factors 1 + λδ for a good outcome, less λ/w for a canary failure, plus
 * λ/(1 − w) for a baseline failure. `rate` is the baseline's rate as known before these counts.
 */
export function logMarginGrowth(
  { canary, baseline }: TwoArmCounts,
  rate: number,
  margin: number,
  weight: number,
): number {
  const fraction = bettingFraction(rate, margin, weight);
  const gain = fraction * weight * margin;
  const good = canary.total - canary.failures + baseline.total - baseline.failures;
  return (
    good * Math.log1p(gain) +
    canary.failures * Math.log1p(gain - fraction) +
    baseline.failures * Math.log1p(gain + (fraction * weight) / (1 - weight))
  );
}
