import type { ExecutorContext } from '@nx/devkit';
import { historyLines, historyOf } from '../../audit/history.ts';
import {
  type CommandResult,
  type EnvironmentOption,
  printLine,
  runCommand,
} from '../../command.ts';

/** See schema.json. */
export interface HistoryExecutorOptions extends EnvironmentOption {
  readonly json?: boolean;
  readonly limit?: number;
}

/** Lists what was rolled out, by whom and with which outcome; changes nothing. */
export default function history(
  options: HistoryExecutorOptions,
  context: Pick<ExecutorContext, 'root'>,
): Promise<CommandResult> {
  return runCommand(options, context, async (environment) => {
    const { entries, unreadable } = await environment.audit.read();
    const rows = historyOf(entries).slice(0, options.limit ?? 20);
    if (options.json) {
      printLine(JSON.stringify({ rollouts: rows, unreadable }, undefined, 2));
      return true;
    }
    historyLines(rows).forEach(printLine);
    if (unreadable > 0)
      printLine(`${unreadable} lines of ${environment.audit.file} are unreadable`);
    return true;
  });
}
