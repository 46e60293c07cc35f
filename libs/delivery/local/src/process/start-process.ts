import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, rename, stat } from 'node:fs/promises';
import type { Server } from 'node:net';
import path from 'node:path';
import type { Stream } from 'node:stream';
import { LocalError } from '../errors.ts';
import { identifyProcess, type ProcessIdentity } from './process-identity.ts';

export interface StartOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Gets stdout and stderr, appended. */
  readonly logFile: string;
  /** A larger log is moved to `<logFile>.1` before the start. Default 10 MiB. */
  readonly maxLogBytes?: number;
  /** Listening servers that the process inherits as file descriptors 3, 4, ... */
  readonly listeners?: readonly Server[];
}

/** Starts a program that outlives this process, in a process group of its own. */
export async function startProcess(options: StartOptions): Promise<ProcessIdentity> {
  await rotateLog(options.logFile, options.maxLogBytes ?? 10 * 1024 * 1024);
  const log = await open(options.logFile, 'a', 0o600);
  try {
    const child = spawn(options.program, options.args, {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ['ignore', log.fd, log.fd, ...(options.listeners ?? []).map(handleOf)],
    });
    await untilSpawned(child, options.program);
    child.unref();
    return await identify(child, options.program);
  } finally {
    await log.close();
  }
}

async function rotateLog(logFile: string, maxLogBytes: number): Promise<void> {
  await mkdir(path.dirname(logFile), { recursive: true });
  const size = await stat(logFile).then(
    ({ size }) => size,
    () => 0,
  );
  if (size > maxLogBytes) await rename(logFile, `${logFile}.1`);
}

/**
 * `spawn` shares the descriptor of a handle like this one. Node's own tests pass listening sockets so, and
 * there is no other way to let a child inherit one; the types do not know of it.
 */
function handleOf(server: Server): Stream {
  return (server as unknown as { readonly _handle: Stream })._handle;
}

async function untilSpawned(child: ChildProcess, program: string): Promise<void> {
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new LocalError('PROCESS_NOT_STARTED', `${program} could not be started`, {
      cause,
      next: 'check that the program exists, that it may be executed, and that its cwd exists',
    });
  }
}

/** A process that ended before its start time was read cannot be told from a later one. */
async function identify(child: ChildProcess, program: string): Promise<ProcessIdentity> {
  const identity = child.pid === undefined ? undefined : await identifyProcess(child.pid);
  if (identity !== undefined) return identity;
  throw new LocalError(
    'PROCESS_NOT_STARTED',
    `${program} ended at once (exit code ${String(child.exitCode)}, signal ${String(child.signalCode)})`,
    { next: 'read its log' },
  );
}
