import type { ExecutorContext } from '@nx/devkit';
import {
  type CommandResult,
  type EnvironmentOption,
  printLine,
  runCommand,
} from '../../command.ts';
import { readStatus, statusLines } from '../../rollout/status.ts';
import { watchStatus } from '../../rollout/watch-status.ts';

/** See schema.json. */
export interface StatusExecutorOptions extends EnvironmentOption {
  readonly json?: boolean;
  readonly watch?: boolean;
}

/** Says what serves, what is asked and measured, and how the last rollout stands; changes nothing. */
export default function status(
  options: StatusExecutorOptions,
  context: ExecutorContext,
): Promise<CommandResult> {
  return runCommand(options, context, async (environment) => {
    if (options.watch) {
      await watchStatus(environment, process.stdout, { json: options.json ?? false });
      return true;
    }
    const current = await readStatus(environment);
    if (options.json) printLine(JSON.stringify(current, undefined, 2));
    else statusLines(current).forEach(printLine);
    return true;
  });
}
