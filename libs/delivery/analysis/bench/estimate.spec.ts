import { binomialCdf, quantile, share, upperBound } from './estimate.ts';
import { ERRORS_1, SLOW_20 } from './fault.ts';
import { informationPerRequest } from './information.ts';
import { Random } from './random.ts';

describe('figures of the benchmark', () => {
  it('bound shares as Clopper and Pearson do', () => {
    expect(share(3, 50).low).toBeCloseTo(0.012549, 5);
    expect(share(3, 50).high).toBeCloseTo(0.165482, 5);
    expect(upperBound(0, 2000)).toBeCloseTo(0.0014968, 6);
    expect(binomialCdf(2, 10, 0.3)).toBeCloseTo(0.3827828, 6);
  });

  it('find the median and its order statistics', () => {
    const figure = quantile(
      Array.from({ length: 101 }, (_, i) => i),
      0.5,
    );
    expect(figure).toEqual({ value: 50, low: 40, high: 60 });
  });

  it('know what one request can tell', () => {
    // For a small shift d the information is w (1 − w) d² / 2 to first order.
    const d = Math.log(1.2) / 0.6;
    const shifted = informationPerRequest(SLOW_20, 0.05);
    expect(shifted / ((0.05 * 0.95 * d * d) / 2)).toBeGreaterThan(0.9);
    expect(shifted / ((0.05 * 0.95 * d * d) / 2)).toBeLessThan(1.1);
    expect(Math.log(100) / informationPerRequest(ERRORS_1, 0.05)).toBeCloseTo(7495, -1);
  });

  it('come from the same worlds every time', () => {
    const draw = () => {
      const random = new Random(1, 2);
      return [random.uniform(), random.normal(), random.poisson(3), random.poisson(300)];
    };
    expect(draw()).toEqual(draw());
    const random = new Random(9);
    const normals = Array.from({ length: 20_000 }, () => random.normal());
    const mean = normals.reduce((sum, z) => sum + z, 0) / normals.length;
    const variance = normals.reduce((sum, z) => sum + (z - mean) ** 2, 0) / normals.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.04);
  });
});
