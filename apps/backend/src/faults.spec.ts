import fc from 'fast-check';
import { failureSequence, faultNames, noFaults, parseFaults } from './faults.ts';

describe('parseFaults', () => {
  it('reads several faults', () => {
    expect(parseFaults('error-rate=0.05, latency-ms=200')).toEqual({
      faults: { ...noFaults, errorRate: 0.05, latencyMs: 200 },
    });
  });

  it('takes a bare name as switched on', () => {
    expect(parseFaults('never-healthy')).toEqual({ faults: { ...noFaults, neverHealthy: true } });
    expect(parseFaults('crash-on-start=false')).toEqual({ faults: noFaults });
  });

  it.each(['error-rat=1', 'error-rate=2', 'error-rate=-1', 'latency-ms=soon', 'never-healthy=1'])(
    'names the fault it cannot read in %j, and those it knows',
    (text) => {
      const result = parseFaults(text);
      const problem = 'problem' in result ? result.problem : '';
      expect(problem).toContain(text.split('=')[0]);
      for (const name of faultNames) expect(problem).toContain(name);
    },
  );
});

describe('failureSequence', () => {
  it('fails the asked share of any run of requests, give or take one', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 500 }),
        (rate, count) => {
          const fails = failureSequence(rate);
          const failed = Array.from({ length: count }, fails).filter(Boolean).length;
          expect(Math.abs(failed - rate * count)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it('never fails at 0 and always fails at 1', () => {
    expect(Array.from({ length: 50 }, failureSequence(0))).not.toContain(true);
    expect(Array.from({ length: 50 }, failureSequence(1))).not.toContain(false);
  });

  it('fails every tenth at 0.1', () => {
    const failed = Array.from({ length: 1000 }, failureSequence(0.1)).filter(Boolean);
    expect(failed).toHaveLength(100);
  });
});
