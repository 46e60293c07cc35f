import type { ExecutorContext } from '@nx/devkit';
import { FileLease, currentUser, systemClock } from '@prompt-card/local';
import {
  type CommandResult,
  type EnvironmentOption,
  printLine,
  runCommand,
} from '../../command.ts';

/** See schema.json. */
export interface DownExecutorOptions extends EnvironmentOption {
  readonly purge?: boolean;
  readonly takeOver?: boolean;
}

/** Stops everything that runs in the environment. */
export default function down(
  options: DownExecutorOptions,
  context: ExecutorContext,
): Promise<CommandResult> {
  return runCommand(options, context, async (environment) => {
    const lease = await FileLease.acquire(
      environment.path('lease'),
      { by: currentUser(), purpose: 'stopping everything', takeOver: options.takeOver ?? false },
      systemClock,
    );
    try {
      const stopped = await environment.down();
      printLine(stopped.length === 0 ? 'nothing was running' : `stopped: ${stopped.join(', ')}`);
    } finally {
      await lease.release();
    }
    if (options.purge) {
      await environment.purge();
      printLine(`removed ${environment.folder}`);
    }
    return true;
  });
}
