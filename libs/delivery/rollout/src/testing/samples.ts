import type { BlueGreenOptions, CanaryOptions, PlanTimes } from '../plan.ts';
import type { ServiceChange } from '../release.ts';
import type { Revision } from '../revision.ts';

/** A revision for tests: `sampleRevision('backend', 1)` is `backend r1`. */
export function sampleRevision(service: string, number: number): Revision {
  return {
    service,
    id: `r${number}`,
    digest: `${number}`.padStart(64, '0'),
    artifact: `/artifacts/${service}/r${number}`,
    colour: number % 2 === 0 ? 'green' : 'blue',
    variables: {},
    createdAt: 1_700_000_000_000 + number,
  };
}

/** `service` going from r1 to r2. */
export function sampleChange(
  service: string,
  migrates = false,
): ServiceChange & { stable: Revision } {
  return { stable: sampleRevision(service, 1), candidate: sampleRevision(service, 2), migrates };
}

export const SAMPLE_TIMES: PlanTimes = {
  healthTimeoutMs: 10_000,
  proof: { minSamples: 200, timeoutMs: 20_000 },
  drainQuietMs: 1_000,
  drainTimeoutMs: 10_000,
};

export const SAMPLE_CANARY: CanaryOptions = {
  ...SAMPLE_TIMES,
  stages: [5, 25, 50].map((weight) => ({ weight, durationMs: 10_000, minSamples: 50 })),
};

export const SAMPLE_BLUE_GREEN: BlueGreenOptions = {
  ...SAMPLE_TIMES,
  smokeAttempts: 10,
  smokeIntervalMs: 1_000,
  bake: { durationMs: 5_000, minSamples: 50 },
  retireDelayMs: 2_000,
};
