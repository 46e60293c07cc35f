import type { ExecutorContext } from '@nx/devkit';
import { type CommandResult, printLine, runCommand } from '../../command.ts';
import { resultLines } from '../../output/result-lines.ts';
import { type CanaryExecutorOptions, rollOutCanary } from '../roll-out-canary.ts';

/** Shifts traffic to the new build in stages; succeeds if the build ends promoted. */
export default function canary(
  options: CanaryExecutorOptions,
  context: ExecutorContext,
): Promise<CommandResult> {
  return runCommand(options, context, async (environment) => {
    const result = await rollOutCanary(environment, options);
    if (!result) return true;
    resultLines(result).forEach(printLine);
    return result.rollout.phase.kind === 'promoted';
  });
}
