import { spawn } from 'node:child_process';
import type { CallResult, CallSetting } from './call.ts';

const GRACE_MS = 2_000;
const LAST_WORDS_MS = 500;
const MAX_DETAIL_LENGTH = 200;

/**
 * Runs a program with the payload as its standard input. It leads a process group of its own, so that
 * whatever it has started ends with it.
 */
export function callCommand(
  [program = '', ...args]: readonly string[],
  body: string,
  { folder, variables }: CallSetting,
  signal: AbortSignal,
): Promise<CallResult> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: folder,
      env: { ...variables },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    let output = '';
    let hard: NodeJS.Timeout | undefined;
    const collect = (chunk: Buffer) => {
      output = `${output}${chunk.toString()}`.slice(-MAX_DETAIL_LENGTH);
    };
    const end = () => {
      endGroup(child.pid, 'SIGTERM');
      hard = setTimeout(() => {
        endGroup(child.pid, 'SIGKILL');
      }, GRACE_MS);
    };
    const settle = (ok: boolean, detail: string) => {
      clearTimeout(hard);
      signal.removeEventListener('abort', end);
      // Its pipes may be held open by something that it has left behind.
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ ok, detail });
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    // A program that does not read what it is told breaks the pipe; that is no failure.
    child.stdin.on('error', () => undefined);
    child.stdin.end(body);
    child.once('error', (error) => {
      settle(false, error.message);
    });
    child.once('exit', (code, killedBy) => {
      const finish = () => {
        const words = output.trim().split('\n').slice(-3).join(' | ');
        settle(code === 0, `ended with ${code ?? killedBy}${words && `: ${words}`}`);
      };
      clearTimeout(hard);
      // Its last words may still be in the pipes; something that it left behind may hold them for ever.
      hard = setTimeout(finish, LAST_WORDS_MS);
      child.once('close', finish);
    });
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

function endGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // It has ended in the meantime.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
