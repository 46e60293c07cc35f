import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { ControllerCommand } from './controller-process.ts';
import type { TinyWorkspace } from './tiny-workspace.ts';

/** How a controller's process ended. */
export interface Ended {
  readonly killed: boolean;
  readonly code: number | null;
  /** What it said on both streams. */
  readonly output: string;
}

export interface RunningController {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** What a caller says of a command; the rest is the workspace's. */
export type Told = Omit<ControllerCommand, 'root' | 'environment'>;

/** No command of a tiny environment takes nearly as long; one that does hangs. */
const MAX_COMMAND_MS = 180_000;

/** Starts a command in a process of its own. */
export function startController(workspace: TinyWorkspace, told: Told): RunningController {
  const command: ControllerCommand = {
    root: workspace.root,
    environment: workspace.environmentFile,
    ...told,
  };
  return watch(
    spawn(process.execPath, [workspace.controller, JSON.stringify(command)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_PATH: path.join(workspace.workspaceRoot, 'node_modules') },
    }),
  );
}

/** Collects what a process says until it ends; one that hangs is killed. */
export function watch(child: ChildProcess): RunningController {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), MAX_COMMAND_MS);
  const ended = once(child, 'close').then((result): Ended => {
    clearTimeout(timer);
    const [code, signal] = result as [number | null, NodeJS.Signals | null];
    return { killed: signal === 'SIGKILL', code, output };
  });
  return { process: child, ended };
}
