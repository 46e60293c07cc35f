import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { postmasterFilePath } from './postmaster-file.ts';

/** A companion process that ends a server whose owner died. */
export interface Reaper {
  /** Names the server; call it right after the server was spawned. */
  watch(pid: number): void;
  /** Ends the companion, and with it a server that still runs. */
  dismiss(): Promise<void>;
}

/**
 * `kill -9` gives its victim no chance to stop its children, and a signal handler is cut off when the
 * grace period is short. So the server's owner holds a pipe to this small process: the kernel closes
 * the pipe however the owner ends, and then the companion shuts the server down (SIGINT, "fast") and
 * removes `directory` when one is given. It is started before the server, which leaves no gap, and in a
 * session of its own, which keeps a terminal's Ctrl-C away from it.
 */
export function startReaper(cluster: string, directory?: string): Reaper {
  const child = spawn(
    process.execPath,
    ['-e', script, postmasterFilePath(cluster), directory ?? ''],
    { cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'ignore'], env: {} },
  );
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  // Neither the companion nor the pipe keeps the owner's event loop alive.
  child.unref();
  (child.stdin as Socket).unref();
  child.stdin.on('error', () => undefined);
  return {
    watch(pid) {
      child.stdin.write(String(pid));
    },
    async dismiss() {
      child.ref();
      child.stdin.end();
      await exited;
    },
  };
}

/**
 * Plain CommonJS for `node -e`, so that it runs whatever loader or bundle the owner runs under. It
 * signals a process only while `postmaster.pid` names it: a process number alone may be a stranger's.
 */
const script = `
const fs = require('node:fs');
const [file, directory] = process.argv.slice(1);
let pid = '';
const signal = (name) => {
  try {
    return fs.readFileSync(file, 'utf8').split('\\n')[0] === pid && process.kill(Number(pid), name);
  } catch {
    return false;
  }
};
const finish = () => {
  if (directory) fs.rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  process.exit();
};
process.stdin.on('data', (chunk) => (pid += chunk)).on('close', () => {
  if (!signal('SIGINT')) return finish();
  const deadline = Date.now() + 10000;
  setInterval(() => {
    if (!signal(0)) return finish();
    if (Date.now() > deadline) signal('SIGKILL');
  }, 20);
});
`;
