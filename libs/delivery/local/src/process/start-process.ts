import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, rename, stat } from 'node:fs/promises';
import type { Server } from 'node:net';
import path from 'node:path';
import type { Readable, Stream } from 'node:stream';
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

/**
 * Starts a program that outlives this process, in a process group of its own and with init for a parent. A
 * process group is not enough: Nx ends an executor together with all of its descendants, wherever they are,
 * so a canary whose rollout was interrupted would die under its traffic. So the program is started by a
 * short-lived process in between, and nobody's descendant once that has ended.
 */
export async function startProcess(options: StartOptions): Promise<ProcessIdentity> {
  await rotateLog(options.logFile, options.maxLogBytes ?? 10 * 1024 * 1024);
  const log = await open(options.logFile, 'a', 0o600);
  try {
    const listeners = (options.listeners ?? []).map(handleOf);
    const starter = spawn(process.execPath, ['-e', STARTER], {
      env: {},
      detached: true,
      stdio: ['pipe', log.fd, log.fd, ...listeners, 'pipe'],
    });
    return await identify(await startedBy(starter, options), options.program);
  } finally {
    await log.close();
  }
}

/** What the process in between is told. */
interface Order extends Pick<StartOptions, 'program' | 'args' | 'cwd' | 'env'> {
  readonly listeners: number;
}

/**
 * Reads its order from stdin: on a command line it would be taken for the program itself. Answers on its last
 * descriptor with the program's number, or with what is wrong.
 */
const STARTER = `
const { spawn } = require('node:child_process');
const { readFileSync, writeSync } = require('node:fs');
const { program, args, cwd, env, listeners } = JSON.parse(readFileSync(0, 'utf8'));
const inherited = Array.from({ length: listeners }, (_, index) => 3 + index);
const child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', 1, 2, ...inherited] });
const answer = (text) => writeSync(3 + listeners, text);
child.once('spawn', () => { answer(String(child.pid)); process.exit(0); });
child.once('error', (error) => { answer(error.message); process.exit(1); });
`;

async function startedBy(starter: ChildProcess, options: StartOptions): Promise<number> {
  const { program, args, cwd, env, listeners = [] } = options;
  const order: Order = { program, args, cwd, env, listeners: listeners.length };
  const exited = once(starter, 'exit');
  // One that ended before it has read its order says so by its answer, which is empty then.
  starter.stdin?.on('error', () => undefined).end(JSON.stringify(order));
  const answer = await readAll(starter.stdio[3 + listeners.length] as Readable);
  await exited;
  if (/^\d+$/.test(answer)) return Number(answer);
  throw new LocalError('PROCESS_NOT_STARTED', `${program} could not be started: ${answer}`, {
    next: 'check that the program exists, that it may be executed, and that its cwd exists',
  });
}

async function readAll(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8') as AsyncIterable<string>) text += chunk;
  return text;
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

/** A process that ended before its start time was read cannot be told from a later one. */
async function identify(pid: number, program: string): Promise<ProcessIdentity> {
  const identity = await identifyProcess(pid);
  if (identity !== undefined) return identity;
  throw new LocalError('PROCESS_ENDED', `${program} ended at once`, { next: 'read its log' });
}
