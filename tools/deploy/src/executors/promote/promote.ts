import type { ExecutorContext } from '@nx/devkit';
import { type CommandResult, type EnvironmentOption, runCommand } from '../../command.ts';
import { requestOfRollout } from '../../rollout/request-of-rollout.ts';

/** See schema.json. */
export interface PromoteExecutorOptions extends EnvironmentOption {
  readonly full?: boolean;
  readonly breakGlass?: string;
}

/** Lets a rollout that waits for a person go on. */
export default function promote(
  options: PromoteExecutorOptions,
  context: ExecutorContext,
): Promise<CommandResult> {
  return runCommand(options, context, (environment) =>
    requestOfRollout(
      environment,
      (by) => ({ kind: 'promote-requested', by, full: options.full ?? false }),
      options.breakGlass,
    ),
  );
}
