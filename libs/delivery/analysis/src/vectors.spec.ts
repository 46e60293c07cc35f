import { rateInterval } from './confidence-sequence.ts';
import { LatencyHarm, latencyRatio } from './latency-harm.ts';
import { logBeta, logGamma } from './log-gamma.ts';
import { normalCdf, normalQuantile } from './normal.ts';
import { DEFAULT_POLICY } from './policy.ts';
import { logQuantileGrowth } from './quantile-margin.ts';
import { RateHarm, type RateHarmPolicy } from './rate-harm.ts';
import { bettingFraction, logMarginGrowth } from './rate-margin.ts';
import { logSampleRatio } from './sample-ratio.ts';

/** Published values, computed with SciPy; starred ones also matched an independent implementation. */
const close = (actual: number, expected: number) => {
  expect(Math.abs(actual - expected)).toBeLessThan(1e-8);
};

const counts = (canary: [number, number], baseline: [number, number]) => ({
  canary: { failures: canary[0], total: canary[1] },
  baseline: { failures: baseline[0], total: baseline[1] },
});

/** One expert and no cash: the e-value is the factor itself. */
function loneExpert(ratio: number): RateHarm {
  const policy: RateHarmPolicy = {
    ...DEFAULT_POLICY.errors,
    experts: [{ ratio, prior: 1 }],
    initialCash: 0,
  };
  return new RateHarm(policy);
}

describe('special functions', () => {
  it('match SciPy', () => {
    close(normalCdf(-2.326), 0.010009275340867665);
    close(normalCdf(1.5), 0.9331927987311419);
    close(normalQuantile(0.975), 1.959963984540054);
    close(normalQuantile(1e-10), -6.361340902404056);
    close(normalQuantile(normalCdf(0.3)), 0.3);
    close(logGamma(0.5), 0.5723649429247004);
    close(logGamma(123.4), 469.3360974421906);
    close(logBeta(0.5, 0.5), Math.log(Math.PI));
  });
});

describe('reference vectors', () => {
  it('1*: the Beta(½, ½) mixture against a share of 5 %', () => {
    close(logSampleRatio(8, 2, 0.05), 17.653252446);
    close(logSampleRatio(3, 57, 0.05), -2.288885288);
  });

  it('2*: the same with large counts', () => {
    close(logSampleRatio(5000, 100, 0.5), 3038.360190503);
  });

  it('3: the four factors of one expert at w = .05, p0 = .001, ρ = 6', () => {
    const factor = (arm: 'canary' | 'baseline', ok: boolean) => {
      const harm = loneExpert(6);
      harm.observe(arm, ok, 0.05);
      return harm.evidence;
    };
    close(factor('canary', false), 4.8);
    close(factor('baseline', false), 0.8);
    close(Number(factor('canary', true).toFixed(9)), 0.995244055);
    close(Number(factor('baseline', true).toFixed(9)), 1.000250313);
  });

  it('4*: errors at w = .05 without ticks', () => {
    const harm = new RateHarm(DEFAULT_POLICY.errors);
    harm.observeCounts({ failures: 3, total: 203 }, { failures: 4, total: 3804 }, 0.05);
    close(Math.log(harm.evidence), 3.457108485);
    const healthy = new RateHarm(DEFAULT_POLICY.errors);
    healthy.observeCounts({ failures: 0, total: 200 }, { failures: 4, total: 3804 }, 0.05);
    close(Math.log(healthy.evidence), -0.899418554);
  });

  it('5*: errors at w = .5', () => {
    const harm = new RateHarm(DEFAULT_POLICY.errors);
    harm.observeCounts({ failures: 15, total: 3015 }, { failures: 3, total: 3003 }, 0.5);
    close(Math.log(harm.evidence), 3.408372558);
  });

  it('6: latency at d = .27, z = 1.5, w = .05', () => {
    const r = latencyRatio({ kind: 'shift', d: 0.27, prior: 1 })(1.5);
    close(r / (0.05 * r + 0.95), 1.414127548);
    close(1 / (0.05 * r + 0.95), 0.978203813);
  });

  it('7*: promotion at w = .5', () => {
    close(bettingFraction(0.001, 0.002, 0.5), 0.618587304);
    const equal = counts([5, 5000], [5, 5000]);
    close(logMarginGrowth(equal, 0.001, 0.002, 0.5), 3.776191908);
    const worse = counts([25, 5000], [5, 5000]);
    close(logMarginGrowth(worse, 0.001, 0.002, 0.5), -15.481231632);
  });

  it('8*: promotion at w = .05', () => {
    const equal = counts([1, 750], [14, 14250]);
    close(logMarginGrowth(equal, 0.001, 0.008, 0.05), 3.778347755);
  });

  it('9: the median promotion bet', () => {
    const slow = counts([437, 1000], [500, 1000]);
    close(logQuantileGrowth(slow, 0.5, 0.4369, 0.5), 3.987498523);
  });

  it('10: the beta-binomial confidence sequence', () => {
    const interval = rateInterval(2, 4000, 0.05);
    close(interval.low, 4.615964e-6);
    close(interval.high, 0.003284591);
    close(rateInterval(0, 600, 0.05).high, 0.011214593);
  });
});

describe('latency bets', () => {
  it('pay what vector 6 says for a latency at that normal score', () => {
    const harm = new LatencyHarm({
      ...DEFAULT_POLICY.latency,
      experts: [{ kind: 'shift', d: 0.27, prior: 1 }],
      initialCash: 0,
      toleranceBins: 0,
    });
    for (let bin = 300; bin < 400; bin++) harm.reference.add(bin, 100);
    harm.tick(1);
    const z = normalQuantile(harm.reference.below(390));
    harm.observe('canary', 390, 0.05, true);
    const r = Math.exp(0.27 * z - 0.27 ** 2 / 2);
    close(harm.evidence, r / (0.05 * r + 0.95));
  });
});
