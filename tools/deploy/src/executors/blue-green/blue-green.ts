import type { ExecutorContext } from '@nx/devkit';
import { blueGreenPlan } from '@prompt-card/rollout';
import { type CommandResult, printLine, runCommand } from '../../command.ts';
import { blueGreenOptions } from '../../environment/plan-settings.ts';
import { resultLines } from '../../output/result-lines.ts';
import { deployRelease } from '../../rollout/deploy-release.ts';
import { type CommonDeployOptions, deployOptions } from '../deploy-options.ts';

/** Previews the new build without traffic, switches to it at once; succeeds if it ends promoted. */
export default function blueGreen(
  options: CommonDeployOptions,
  context: ExecutorContext,
): Promise<CommandResult> {
  return runCommand(options, context, async (environment) => {
    const settings = blueGreenOptions(environment.file);
    const result = await deployRelease(
      environment,
      (release) => blueGreenPlan(release, settings),
      deployOptions(options),
    );
    if (!result) return true;
    resultLines(result).forEach(printLine);
    return result.rollout.phase.kind === 'promoted';
  });
}
