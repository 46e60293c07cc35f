import path from 'node:path';
import { inconsistencies } from './consistency.ts';
import type { ControllerCommand } from './controller-process.ts';
import { startController } from './run-controller.ts';
import { bringUp } from './bring-up.ts';
import { type SoakClients, startSoakClients } from './soak-clients.ts';
import { type TinyWorkspace, makeTinyWorkspace, rebuild } from './tiny-workspace.ts';

export interface SoakOptions {
  readonly workspaceRoot: string;
  /** The soak goes on until both are reached. */
  readonly minRequests: number;
  readonly minRollouts: number;
  readonly print: (line: string) => void;
}

export interface SoakResult {
  readonly sent: number;
  readonly failed: number;
  readonly rollouts: number;
  /** Commands that did not end as they should, and what was not at rest in the end. */
  readonly problems: readonly string[];
}

/** Two releases forward and one back: the next one starts where an earlier one stood. */
const CYCLE: readonly ControllerCommand['command'][] = ['canary', 'blue-green', 'rollback'];

/** Rolls out and back again and again under clients of every kind, of which none may notice. */
export async function runSoak(options: SoakOptions): Promise<SoakResult> {
  const workspace = await makeTinyWorkspace(options.workspaceRoot, (environment) => ({
    ...environment,
    times: { ...environment.times, proofMinSamples: 200 },
  }));
  let clients: SoakClients | undefined;
  try {
    const problems: string[] = [];
    const url = await bringUp(workspace, async () => {
      problems.push(...(await rollOut(workspace, 'canary', 0)));
    });
    clients = startSoakClients(url);
    let rollouts = 0;
    while (
      problems.length === 0 &&
      (rollouts < options.minRollouts || total(clients).sent < options.minRequests)
    ) {
      const command = CYCLE[rollouts % CYCLE.length] ?? 'canary';
      rollouts += 1;
      const beganMs = performance.now();
      problems.push(...(await rollOut(workspace, command, rollouts)));
      const { sent, failed } = total(clients);
      const seconds = ((performance.now() - beganMs) / 1000).toFixed(1);
      options.print(
        `${rollouts}. ${command} in ${seconds} s: ${sent} requests so far, ${failed} failed`,
      );
    }
    await clients.stop();
    problems.push(...(await inconsistencies(workspace.environment)));
    report(clients, options.print);
    return { ...total(clients), rollouts, problems };
  } finally {
    await clients?.stop();
    await workspace.remove();
  }
}

async function rollOut(
  workspace: TinyWorkspace,
  command: ControllerCommand['command'],
  number: number,
): Promise<readonly string[]> {
  await rebuild(workspace, number);
  const traceFile = path.join(workspace.root, 'trace.txt');
  const { code, output } = await startController(workspace, { command, faulty: false, traceFile })
    .ended;
  const phase = command === 'rollback' ? 'phase rolled-back' : 'phase promoted';
  return code === 0 && output.includes(phase)
    ? []
    : [`${command} ended with ${code}: ${output.trim()}`];
}

function total({ tallies }: SoakClients): { readonly sent: number; readonly failed: number } {
  const all = Object.values(tallies);
  return {
    sent: all.reduce((sum, { sent }) => sum + sent, 0),
    failed: all.reduce((sum, { failures }) => sum + failures.length, 0),
  };
}

const MAX_EXAMPLES = 5;

function report({ tallies }: SoakClients, print: (line: string) => void): void {
  for (const [kind, { sent, failures }] of Object.entries(tallies)) {
    print(`${kind}: ${sent} requests, ${failures.length} failed`);
    for (const failure of failures.slice(0, MAX_EXAMPLES)) print(`  ${failure}`);
  }
}
