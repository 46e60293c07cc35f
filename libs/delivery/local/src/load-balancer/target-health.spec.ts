import fc from 'fast-check';
import { type HealthObservation, newTargetHealth, nextHealth } from './target-health.ts';

const THRESHOLDS = { healthyThreshold: 2, unhealthyThreshold: 3 };

const after = (...observations: readonly HealthObservation[]) =>
  observations.reduce(
    (record, observation) => nextHealth(record, observation, THRESHOLDS),
    newTargetHealth(false),
  );

describe('a target’s health', () => {
  it('is proved by a first pass', () => {
    expect(after('fail', 'fail', 'connect-failed')).toMatchObject({
      health: 'probing',
      trusted: false,
    });
    expect(after('fail', 'pass')).toMatchObject({ health: 'healthy', trusted: true });
  });

  it('outlasts single failures', () => {
    expect(after('pass', 'fail', 'fail', 'pass', 'fail', 'fail').health).toBe('healthy');
    expect(after('pass', 'fail', 'fail', 'fail').health).toBe('unhealthy');
  });

  it('is lost at once when connections are refused', () => {
    expect(after('pass', 'connect-failed').health).toBe('unhealthy');
  });

  it('comes back with passes in a row', () => {
    expect(after('pass', 'connect-failed', 'pass', 'fail', 'pass').health).toBe('unhealthy');
    expect(after('pass', 'connect-failed', 'pass', 'pass').health).toBe('healthy');
  });

  it('once trusted stays trusted, and nobody is healthy without a pass', () => {
    const observation = fc.constantFrom<HealthObservation>('pass', 'fail', 'connect-failed');
    fc.assert(
      fc.property(fc.array(observation), (observations) => {
        const { health, trusted } = after(...observations);
        expect(trusted).toBe(observations.includes('pass'));
        if (health === 'healthy') expect(trusted).toBe(true);
      }),
      { seed: 20_266 },
    );
  });
});
