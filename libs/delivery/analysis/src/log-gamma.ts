/** ln Γ(x) for x > 0: Stirling's series, reached from small x by the recurrence. */
export function logGamma(x: number): number {
  let shift = 0;
  let y = x;
  if (y < 16) {
    let product = 1;
    while (y < 16) product *= y++;
    shift = Math.log(product);
  }
  const r = 1 / (y * y);
  const series =
    (1 / 12 -
      r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r * (1 / 1188 - (r * 691) / 360360))))) /
    y;
  return (y - 0.5) * Math.log(y) - y + 0.9189385332046728 + series - shift;
}

/** ln B(a, b). */
export function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/**
 * ln of the Beta(½, ½) mixture over ∏ θ^hits (1 − θ)^misses: what the data are worth to someone who
 * does not know θ. Divided by the likelihood of a given θ it is an e-value against that θ.
 */
export function logJeffreysMixture(hits: number, misses: number): number {
  return logBeta(hits + 0.5, misses + 0.5) - LOG_BETA_HALF;
}

const LOG_BETA_HALF = Math.log(Math.PI);
