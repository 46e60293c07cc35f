import type { ExecutorContext } from '@nx/devkit';
import { type CommandResult, type EnvironmentOption, runCommand } from '../../command.ts';
import { requestOfRollout } from '../../rollout/request-of-rollout.ts';

/** See schema.json. */
export interface AbortExecutorOptions extends EnvironmentOption {
  readonly reason?: string;
}

/** Asks the rollout that is under way to go back. */
export default function abort(
  options: AbortExecutorOptions,
  context: ExecutorContext,
): Promise<CommandResult> {
  return runCommand(options, context, (environment) =>
    requestOfRollout(environment, (by) => ({
      kind: 'abort-requested',
      by,
      reason: options.reason ?? 'no reason given',
    })),
  );
}
