import type { ExecutorContext } from '@nx/devkit';
import { type CommandResult, printLine } from '../../command.ts';
import { runIncidents } from '../../proof/incidents.ts';
import { runKillTest } from '../../proof/kill-test.ts';

/** See schema.json. */
export interface KillTestExecutorOptions {
  readonly short?: boolean;
  readonly exhaustive?: boolean;
  readonly only?: string;
}

const INCIDENTS = 'incidents';

/** Kills controllers at each of their operations, and lets incidents happen in mid-rollout. */
export default async function killTest(
  options: KillTestExecutorOptions,
  context: Pick<ExecutorContext, 'root'>,
): Promise<CommandResult> {
  const only = options.only ? options.only.split(',') : [];
  const scenarios = only.filter((name) => name !== INCIDENTS);
  let passed = 0;
  let failed = 0;
  if (only.length === 0 || only.includes(INCIDENTS)) {
    const incidents = await runIncidents(context.root, '', printLine);
    passed += incidents.passed;
    failed += incidents.failed;
    if (incidents.skipped > 0) printLine(`${incidents.skipped} incidents were skipped, see above`);
  }
  if (only.length === 0 || scenarios.length > 0) {
    const crashes = await runKillTest({
      workspaceRoot: context.root,
      short: options.short ?? false,
      exhaustive: options.exhaustive ?? false,
      only: scenarios,
      print: printLine,
    });
    printLine(`${crashes.sent} requests were sent meanwhile`);
    passed += crashes.passed;
    failed += crashes.failed;
  }
  printLine(`${passed} passed, ${failed} failed`);
  return { success: failed === 0 && passed > 0 };
}
