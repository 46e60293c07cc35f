import { countBuckets, intervalBetween, type CounterReading } from './counter-reading.ts';
import { BIN_COUNT, binLatencyMs, countLatencies, latencyBin } from './latency-bins.ts';

const reading = (atMs: number, requests: number, failures: number): CounterReading => ({
  atMs,
  baseline: {
    requests,
    failures,
    latencyBuckets: { upperBoundsMs: [100, Infinity], counts: [requests, 2] },
    business: { total: requests / 10, failures: 0 },
  },
  canary: { requests: 10, failures: 1 },
});

describe('cumulative counters', () => {
  it('become what happened between two readings', () => {
    const interval = intervalBetween(reading(0, 100, 1), reading(1000, 150, 3), 0.05);
    expect(interval).toMatchObject({
      fromMs: 0,
      toMs: 1000,
      weight: 0.05,
      baseline: { requests: 50, failures: 2, business: { total: 5, failures: 0 } },
      canary: { requests: 0, failures: 0 },
    });
    expect(interval.baseline.latency?.counts).toEqual([50, 0]);
  });

  it('count from zero after a reset', () => {
    const interval = intervalBetween(reading(0, 100, 50), reading(1000, 20, 4));
    expect(interval.baseline).toMatchObject({ requests: 20, failures: 4 });
  });
});

describe('latency bins', () => {
  it('hold latencies within 2 %', () => {
    for (const latencyMs of [0.2, 1, 80, 323, 60_000]) {
      expect(Math.abs(binLatencyMs(latencyBin(latencyMs)) / latencyMs - 1)).toBeLessThan(0.011);
    }
    expect(latencyBin(1e12)).toBe(BIN_COUNT - 1);
    expect(latencyBin(0)).toBe(0);
  });

  it.each([NaN, -1, Infinity])('refuse %d', (latencyMs) => {
    expect(latencyBin(latencyMs)).toBe(-1);
  });

  it('are counted sparsely', () => {
    const { bins, counts } = countLatencies([80, 80, 200, NaN]);
    expect(counts).toEqual([2, 1]);
    expect(bins).toEqual([latencyBin(80), latencyBin(200)]);
  });

  it('take the buckets of a metric system at their upper bounds', () => {
    expect(countBuckets([50, 100, Infinity], [1, 2, 3])).toEqual({
      bins: [latencyBin(50), latencyBin(100), latencyBin(200)],
      counts: [1, 2, 3],
    });
  });
});
