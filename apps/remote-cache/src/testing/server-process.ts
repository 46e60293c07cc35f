import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';

/** The built server as a process of its own, for tests that kill it. */
export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  /** Sends the signal and resolves with the exit code once the process is gone. */
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

export async function startServerProcess(
  dir: string,
  flags: readonly string[] = [],
): Promise<ServerProcess> {
  const main = join(__dirname, '../../dist/main.js');
  const child: ChildProcess = spawn(
    process.execPath,
    [main, 'serve', '--dir', dir, '--host', '127.0.0.1', ...flags],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env['PATH'] } },
  );
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const url = await new Promise<string>((resolve, reject) => {
    if (child.stdout) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const match = /remote cache at (\S+),/.exec(line)?.[1];
        if (match) resolve(match);
      });
    }
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  return {
    url,
    pid: child.pid ?? 0,
    async kill(signal) {
      child.kill(signal);
      return (await exited)[0];
    },
  };
}
