import type { BlueGreenOptions, CanaryOptions, PlanTimes } from '@prompt-card/rollout';
import type { EnvironmentFile } from './environment-file.ts';

/** The waits of an environment file, in the rollout's units. */
export function planTimes({ times }: EnvironmentFile): PlanTimes {
  return {
    healthTimeoutMs: times.healthTimeoutSeconds * 1000,
    proof: { minSamples: times.proofMinSamples, timeoutMs: times.proofTimeoutSeconds * 1000 },
    drainQuietMs: times.drainQuietSeconds * 1000,
    drainTimeoutMs: times.drainTimeoutSeconds * 1000,
  };
}

/** What a command may say about a canary's stages instead of the file. */
export interface StageOverrides {
  /** Percentages, ascending. */
  readonly weights?: readonly number[];
  /** The length of every stage. */
  readonly stageSeconds?: number;
  /** Requests on the candidate that every stage needs. */
  readonly minSamples?: number;
}

export function canaryOptions(file: EnvironmentFile, overrides: StageOverrides): CanaryOptions {
  const stages: EnvironmentFile['canary']['stages'] = overrides.weights
    ? overrides.weights.map((weight) => stageFor(file, weight))
    : file.canary.stages;
  return {
    ...planTimes(file),
    stages: stages.map((stage) => ({
      weight: stage.weight,
      durationMs: (overrides.stageSeconds ?? stage.seconds) * 1000,
      minSamples: overrides.minSamples ?? stage.minSamples,
      ...(stage.pauseAfter && { pauseAfter: true }),
    })),
  };
}

/** The file's stage of that weight, or one that lasts as long as its first. */
function stageFor(
  { canary }: EnvironmentFile,
  weight: number,
): EnvironmentFile['canary']['stages'][number] {
  const known = canary.stages.find((stage) => stage.weight === weight) ?? canary.stages[0];
  return { seconds: 0, minSamples: 0, ...known, weight };
}

export function blueGreenOptions(file: EnvironmentFile): BlueGreenOptions {
  const { blueGreen } = file;
  return {
    ...planTimes(file),
    smokeAttempts: blueGreen.smokeAttempts,
    smokeIntervalMs: blueGreen.smokeIntervalSeconds * 1000,
    pauseBeforeSwitch: blueGreen.pauseBeforeSwitch,
    bake: {
      durationMs: blueGreen.bakeSeconds * 1000,
      minSamples: blueGreen.bakeMinSamples,
    },
    retireDelayMs: blueGreen.retireDelaySeconds * 1000,
  };
}
