import type { ExecutorContext } from '@nx/devkit';
import { type CommandResult, printLine } from '../../command.ts';
import { runSoak } from '../../proof/soak.ts';

/** See schema.json. */
export interface SoakExecutorOptions {
  readonly short?: boolean;
}

const FULL = { minRequests: 1_000_000, minRollouts: 20 };
const SHORT = { minRequests: 10_000, minRollouts: 3 };

/** Rolls out and back under clients of every kind; succeeds if none of them noticed. */
export default async function soak(
  options: SoakExecutorOptions,
  context: Pick<ExecutorContext, 'root'>,
): Promise<CommandResult> {
  const aim = options.short ? SHORT : FULL;
  const { sent, failed, rollouts, problems } = await runSoak({
    ...aim,
    workspaceRoot: context.root,
    print: printLine,
  });
  problems.forEach(printLine);
  const reached =
    failed === 0 && problems.length === 0 && sent >= aim.minRequests && rollouts >= aim.minRollouts;
  printLine(
    `${reached ? 'reached' : 'missed'}: no failed request in ${aim.minRollouts} rollouts and ${aim.minRequests} requests (${rollouts} rollouts)`,
  );
  printLine(`${sent} requests sent, ${failed} failed`);
  return { success: reached };
}
