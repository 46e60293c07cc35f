import type { ExecutorContext } from '@nx/devkit';
import { type CommandResult, printLine, runCommand } from '../../command.ts';
import { resultLines } from '../../output/result-lines.ts';
import { judgeDrill, probeService } from '../../rollout/drill-checks.ts';
import { type CanaryExecutorOptions, rollOutCanary } from '../roll-out-canary.ts';

/** Requests sent after the rollback to see who serves them. */
const PROBES = 300;

/** A canary that really is broken; succeeds if the rollout notices, goes back, and nobody else is hurt. */
export default function drill(
  options: CanaryExecutorOptions,
  context: ExecutorContext,
): Promise<CommandResult> {
  return runCommand(options, context, async (environment) => {
    printLine(`drill: the canary is made to have the fault ${options.fault}`);
    const result = await rollOutCanary(environment, options);
    if (!result) return true;
    resultLines(result).forEach(printLine);
    const [first] = environment.file.services;
    const probe = await probeService(
      `${result.urls[first?.name ?? ''] ?? ''}${first?.smokePath ?? ''}`,
      PROBES,
    );
    const problems = judgeDrill(result, probe);
    printLine();
    problems.forEach((problem) => {
      printLine(`drill: ${problem}`);
    });
    printLine(
      problems.length === 0
        ? `drill passed: rolled back, and ${PROBES} of ${PROBES} requests after it were served by the stable revision`
        : 'drill failed',
    );
    return problems.length === 0;
  });
}
