import { canaryPlan } from '@prompt-card/rollout';
import type { LocalEnvironment } from '../environment/local-environment.ts';
import { canaryOptions } from '../environment/plan-settings.ts';
import { deployRelease } from '../rollout/deploy-release.ts';
import type { SessionResult } from '../rollout/rollout-session.ts';
import { type CommonDeployOptions, deployOptions, parseWeights } from './deploy-options.ts';

/** The options of `canary` and `drill`, as their schema.json files describe them. */
export interface CanaryExecutorOptions extends CommonDeployOptions {
  readonly weights?: string | number;
  readonly stageSeconds?: number;
  readonly minSamples?: number;
}

/** Rolls the new build out as a canary; `undefined` after a dry run. */
export function rollOutCanary(
  environment: LocalEnvironment,
  options: CanaryExecutorOptions,
): Promise<SessionResult | undefined> {
  const weights = parseWeights(options.weights);
  const stages = canaryOptions(environment.file, {
    ...(weights && { weights }),
    ...(options.stageSeconds !== undefined && { stageSeconds: options.stageSeconds }),
    ...(options.minSamples !== undefined && { minSamples: options.minSamples }),
  });
  return deployRelease(
    environment,
    (release) => canaryPlan(release, stages),
    deployOptions(options),
  );
}
