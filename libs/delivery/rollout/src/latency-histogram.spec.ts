import * as fc from 'fast-check';
import { latencyBin, percentile, subtractHistogram } from './latency-histogram.ts';

function histogramOf(latencies: readonly number[]): Record<number, number> {
  const histogram: Record<number, number> = {};
  for (const latency of latencies) {
    histogram[latencyBin(latency)] = (histogram[latencyBin(latency)] ?? 0) + 1;
  }
  return histogram;
}

const latencies = fc.array(fc.double({ min: 0.02, max: 60_000, noNaN: true }), {
  minLength: 1,
  maxLength: 200,
});

describe('percentile', () => {
  it('is within 2 % of the value that so many latencies do not exceed', () => {
    fc.assert(
      fc.property(latencies, fc.constantFrom(0.5, 0.95, 0.99), (values, q) => {
        const sorted = [...values].sort((a, b) => a - b);
        const exact = sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)]!;
        expect(Math.abs(percentile(histogramOf(values), q) / exact - 1)).toBeLessThan(0.02);
      }),
    );
  });

  it('is NaN without counts', () => {
    expect(percentile({}, 0.5)).toBeNaN();
  });
});

describe('subtractHistogram', () => {
  it('leaves what came later', () => {
    fc.assert(
      fc.property(latencies, latencies, (earlier, more) => {
        expect(subtractHistogram(histogramOf([...earlier, ...more]), histogramOf(earlier))).toEqual(
          histogramOf(more),
        );
      }),
    );
  });
});
