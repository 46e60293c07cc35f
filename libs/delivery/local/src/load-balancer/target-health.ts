import type { TargetHealth } from './service-status.ts';

/** What is known of a target's health. `streak` counts equal results in a row. */
export interface HealthRecord {
  readonly health: TargetHealth;
  readonly streak: number;
  /**
   * Has passed a check once, or was routed to before the balancer restarted. If no target at all is
   * healthy, these get the requests: an answer from a sick target beats one that says there is none.
   */
  readonly trusted: boolean;
}

export type HealthObservation = 'pass' | 'fail' | 'connect-failed';

export interface HealthThresholds {
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

export function newTargetHealth(trusted: boolean): HealthRecord {
  return { health: 'probing', streak: 0, trusted };
}

/**
 * probing --pass--> healthy --unhealthyThreshold fails in a row--> unhealthy
 * unhealthy --healthyThreshold passes in a row--> healthy
 * A refused connection needs no second opinion: it ejects a healthy target at once.
 */
export function nextHealth(
  record: HealthRecord,
  observation: HealthObservation,
  thresholds: HealthThresholds,
): HealthRecord {
  const passed = observation === 'pass';
  const trusted = record.trusted || passed;
  switch (record.health) {
    case 'probing':
      return passed
        ? { health: 'healthy', streak: 0, trusted }
        : { health: 'probing', streak: record.streak + 1, trusted };
    case 'healthy': {
      const streak = passed ? 0 : record.streak + 1;
      const ejected = observation === 'connect-failed' || streak >= thresholds.unhealthyThreshold;
      return ejected
        ? { health: 'unhealthy', streak: 0, trusted }
        : { health: 'healthy', streak, trusted };
    }
    case 'unhealthy': {
      const streak = passed ? record.streak + 1 : 0;
      return streak >= thresholds.healthyThreshold
        ? { health: 'healthy', streak: 0, trusted }
        : { health: 'unhealthy', streak, trusted };
    }
  }
}
