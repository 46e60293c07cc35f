import type { ExecutorContext } from '@nx/devkit';
import { canaryPlan } from '@prompt-card/rollout';
import { type CommandResult, printLine, runCommand } from '../../command.ts';
import { canaryOptions } from '../../environment/plan-settings.ts';
import { resultLines } from '../../output/result-lines.ts';
import { deployRelease } from '../../rollout/deploy-release.ts';
import { type CommonDeployOptions, deployOptions, parseWeights } from '../deploy-options.ts';

/** See schema.json. */
export interface CanaryExecutorOptions extends CommonDeployOptions {
  readonly weights?: string | number;
  readonly stageSeconds?: number;
  readonly minSamples?: number;
}

/** Shifts traffic to the new build in stages; succeeds if the build ends promoted. */
export default function canary(
  options: CanaryExecutorOptions,
  context: ExecutorContext,
): Promise<CommandResult> {
  return runCommand(options, context, async (environment) => {
    const weights = parseWeights(options.weights);
    const stages = canaryOptions(environment.file, {
      ...(weights && { weights }),
      ...(options.stageSeconds !== undefined && { stageSeconds: options.stageSeconds }),
      ...(options.minSamples !== undefined && { minSamples: options.minSamples }),
    });
    const result = await deployRelease(
      environment,
      (release) => canaryPlan(release, stages),
      deployOptions(options),
    );
    if (!result) return true;
    resultLines(result).forEach(printLine);
    return result.rollout.phase.kind === 'promoted';
  });
}
