import { spawn } from 'node:child_process';

export interface GroupResult {
  /** The exit code; 128 + signal for a process that a signal ended. */
  readonly exitCode: number;
  readonly endedBy?: 'timeout' | 'cancel';
}

export interface GroupOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
  /** How long a process may take to end after SIGTERM. */
  readonly graceMs: number;
}

/** Longer lines are cut: a step that prints without a newline must not fill the memory. */
const maxLine = 64 * 1024;

/** Group leaders that run right now; the last resort at exit kills what is left. */
const running = new Set<number>();
process.on('exit', () => {
  for (const pid of running) signalGroup(pid, 'SIGKILL');
});

/**
 * Runs a program as the leader of its own process group and ends the whole group with it: when it
 * exits, when it takes too long and when the run is cancelled. SIGTERM first; SIGKILL after a grace.
 */
export function runGroup(
  program: string,
  args: readonly string[],
  options: GroupOptions,
): Promise<GroupResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const pid = child.pid;
    if (pid !== undefined) running.add(pid);
    let endedBy: GroupResult['endedBy'];
    let killTimer: NodeJS.Timeout | undefined;
    const stop = (reason: 'timeout' | 'cancel') => {
      if (pid === undefined || endedBy !== undefined) return;
      endedBy = reason;
      signalGroup(pid, 'SIGTERM');
      killTimer = setTimeout(() => {
        signalGroup(pid, 'SIGKILL');
      }, options.graceMs);
    };
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            stop('timeout');
          }, options.timeoutMs);
    const onAbort = () => {
      stop('cancel');
    };
    options.signal.addEventListener('abort', onAbort, { once: true });
    if (options.signal.aborted) onAbort();
    const flush = [
      splitLines(child.stdout, options.onLine),
      splitLines(child.stderr, options.onLine),
    ];
    const settle = () => {
      clearTimeout(timer);
      clearTimeout(killTimer);
      options.signal.removeEventListener('abort', onAbort);
      if (pid !== undefined) running.delete(pid);
    };
    child.on('error', (error) => {
      settle();
      reject(error);
    });
    // A background process may hold the pipes open for ever; it ends with its leader.
    child.on('exit', () => {
      if (pid !== undefined) signalGroup(pid, 'SIGKILL');
    });
    child.on('close', (code, signal) => {
      settle();
      for (const rest of flush) rest();
      const exitCode = code ?? 128 + (signal === 'SIGKILL' ? 9 : 15);
      resolve(endedBy === undefined ? { exitCode } : { exitCode, endedBy });
    });
  });
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // The group is already gone, which is what was wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function splitLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): () => void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line.slice(0, maxLine).replace(/\r$/, ''));
    if (rest.length > maxLine) {
      onLine(rest.slice(0, maxLine));
      rest = '';
    }
  });
  return () => {
    if (rest !== '') onLine(rest);
  };
}
