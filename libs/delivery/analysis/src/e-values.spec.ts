import fc from 'fast-check';
import { Random } from '../bench/random.ts';
import { LatencyHarm } from './latency-harm.ts';
import { DEFAULT_POLICY } from './policy.ts';
import { logQuantileGrowth } from './quantile-margin.ts';
import { RateHarm } from './rate-harm.ts';
import { bettingFraction, logMarginGrowth } from './rate-margin.ts';
import { logSampleRatio, SampleRatio } from './sample-ratio.ts';

/** The mean of many e-values, less four standard errors: above 1 it would not be an e-value. */
function surelyAbove(values: readonly number[]): number {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  return mean - 4 * Math.sqrt(variance / n);
}

const paths = (count: number, run: (random: Random) => number) =>
  Array.from({ length: count }, (_, seed) => run(new Random(41, seed)));

const weights = fc.double({ min: 0.01, max: 0.99, noNaN: true });

describe('evidence of harm', () => {
  it.each([0.001, 0.2])('is at most 1 on average for equal arms failing at %d', (rate) => {
    const values = paths(1500, (random) => {
      const harm = new RateHarm(DEFAULT_POLICY.errors);
      for (let i = 0; i < 600; i++) {
        if (i % 100 === 99) harm.tick(1);
        const arm = random.uniform() < 0.25 ? 'canary' : 'baseline';
        harm.observe(arm, random.uniform() >= rate, 0.25);
      }
      return harm.evidence;
    });
    expect(surelyAbove(values)).toBeLessThan(1);
  });

  it('is at most 1 on average through an incident that both arms share', () => {
    const values = paths(1500, (random) => {
      const harm = new RateHarm(DEFAULT_POLICY.errors);
      for (let i = 0; i < 600; i++) {
        if (i % 50 === 49) harm.tick(1);
        const rate = i > 200 && i < 350 ? 0.3 : 0.001;
        const arm = random.uniform() < 0.05 ? 'canary' : 'baseline';
        harm.observe(arm, random.uniform() >= rate, 0.05);
      }
      return harm.evidence;
    });
    expect(surelyAbove(values)).toBeLessThan(1);
  });

  it('is at most 1 on average for equal latencies whatever both do', () => {
    const values = paths(400, (random) => {
      const harm = new LatencyHarm(DEFAULT_POLICY.latency);
      for (let i = 0; i < 400; i++) {
        if (i % 40 === 39) harm.tick(1);
        const bin = Math.round(340 + 30 * random.normal() + (i > 200 ? 40 : 0));
        harm.observe(random.uniform() < 0.25 ? 'canary' : 'baseline', bin, 0.25, true);
      }
      return harm.evidence;
    });
    expect(surelyAbove(values)).toBeLessThan(1);
  });

  it('bets fairly on the label: the price of each outcome is its expectation', () => {
    const policy = { ...DEFAULT_POLICY.errors, initialCash: 0 };
    fc.assert(
      fc.property(weights, fc.boolean(), fc.nat(50), (weight, ok, failures) => {
        const after = (arm: 'canary' | 'baseline') => {
          const harm = new RateHarm(policy);
          harm.observeCounts({ failures: 0, total: 0 }, { failures, total: 2000 }, 0);
          harm.tick(1);
          harm.observe(arm, ok, weight);
          return harm.evidence;
        };
        const expected = weight * after('canary') + (1 - weight) * after('baseline');
        expect(expected).toBeCloseTo(1, 10);
      }),
    );
  });

  it('rises with every canary failure in place of a success', () => {
    fc.assert(
      fc.property(
        weights,
        fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 60 }),
        fc.nat(),
        (weight, outcomes, pick) => {
          const evidence = (spoilt: number) => {
            const harm = new RateHarm(DEFAULT_POLICY.errors);
            outcomes.forEach(([isCanary, ok], i) => {
              harm.observe(
                isCanary || i === spoilt ? 'canary' : 'baseline',
                ok && i !== spoilt,
                weight,
              );
            });
            return harm.evidence;
          };
          const index = pick % outcomes.length;
          fc.pre(outcomes[index]![0] && outcomes[index]![1]);
          expect(evidence(index)).toBeGreaterThan(evidence(-1));
        },
      ),
    );
  });

  it('does not move without data, however long', () => {
    const harm = new RateHarm(DEFAULT_POLICY.errors);
    for (const seconds of [1, 60, 3600, 1e9]) {
      harm.tick(seconds);
      expect(harm.evidence).toBeCloseTo(1, 12);
    }
  });

  it.each([0, 1, NaN])('places no bet at weight %d', (weight) => {
    const harm = new RateHarm(DEFAULT_POLICY.errors);
    harm.observe('canary', false, weight);
    expect(harm.evidence).toBeCloseTo(1, 12);
  });
});

describe('evidence for promotion', () => {
  const spread = (random: Random, weight: number, p0: number, p1: number) => {
    const counts = {
      canary: { failures: 0, total: 0 },
      baseline: { failures: 0, total: 0 },
    };
    for (let i = 0; i < 500; i++) {
      const isCanary = random.uniform() < weight;
      const arm = counts[isCanary ? 'canary' : 'baseline'];
      arm.total++;
      if (random.uniform() < (isCanary ? p1 : p0)) arm.failures++;
    }
    return counts;
  };

  it.each([0.001, 0.2])('is at most 1 on average at the margin, baseline failing at %d', (p0) => {
    const values = paths(2000, (random) =>
      Math.exp(logMarginGrowth(spread(random, 0.25, p0, p0 + 0.02), 0.01, 0.02, 0.25)),
    );
    expect(surelyAbove(values)).toBeLessThan(1);
  });

  it('is at most 1 on average when the canary exceeds its raised threshold as often', () => {
    const values = paths(2000, (random) =>
      Math.exp(logQuantileGrowth(spread(random, 0.5, 0.5, 0.5), 0.5, 0.45, 0.5)),
    );
    expect(surelyAbove(values)).toBeLessThan(1);
  });

  it('stakes a fraction that solves its equation, up to its limit', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-5, max: 0.5, noNaN: true }),
        fc.double({ min: 1e-4, max: 0.3, noNaN: true }),
        weights,
        (p, d, w) => {
          const c = bettingFraction(p, d, w);
          expect(c).toBeGreaterThan(0);
          expect(c).toBeLessThanOrEqual(0.98);
          if (c === 0.98) return;
          const solved = p / (1 - c + c * w * d) - p / (1 + (c * w) / (1 - w) + c * w * d);
          expect(solved).toBeCloseTo(d, 8);
        },
      ),
    );
  });
});

describe('the sample ratio', () => {
  it('is at most 1 on average for a fair split', () => {
    const values = paths(2000, (random) => {
      let canary = 0;
      for (let i = 0; i < 400; i++) if (random.uniform() < 0.05) canary++;
      return Math.exp(logSampleRatio(canary, 400 - canary, 0.05));
    });
    expect(surelyAbove(values)).toBeLessThan(1);
  });

  it('keeps its evidence when weights come back and in whatever number', () => {
    const ratio = new SampleRatio();
    for (let i = 0; i < 40; i++) {
      ratio.add('canary', 10, 0.01 * (1 + (i % 20)));
      ratio.add('baseline', 90, 0.01 * (1 + (i % 20)));
    }
    const restored = new SampleRatio();
    restored.load(JSON.parse(JSON.stringify(ratio.save())));
    expect(restored.logEvidence).toBe(ratio.logEvidence);
    expect(Number.isFinite(ratio.logEvidence)).toBe(true);
  });
});
