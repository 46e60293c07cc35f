import type { ExecutorContext } from '@nx/devkit';
import {
  type CommandResult,
  type EnvironmentOption,
  printLine,
  runCommand,
} from '../../command.ts';
import { resultLines } from '../../output/result-lines.ts';
import { rollBack } from '../../rollout/roll-back.ts';

/** See schema.json. */
export interface RollbackExecutorOptions extends EnvironmentOption {
  readonly to?: string;
  readonly reason?: string;
  readonly takeOver?: boolean;
  readonly requestsPerSecond?: number;
}

/** Goes back to the last stable release, or one before; succeeds if that is what serves in the end. */
export default function rollback(
  options: RollbackExecutorOptions,
  context: ExecutorContext,
): Promise<CommandResult> {
  return runCommand(options, context, async (environment) => {
    const result = await rollBack(environment, {
      to: options.to,
      reason: options.reason ?? 'no reason given',
      takeOver: options.takeOver ?? false,
      requestsPerSecond: options.requestsPerSecond,
    });
    if (!result) return true;
    resultLines(result).forEach(printLine);
    return result.rollout.phase.kind === 'rolled-back';
  });
}
