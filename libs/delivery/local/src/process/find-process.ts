import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { identifyProcess, type ProcessIdentity } from './process-identity.ts';

const run = promisify(execFile);

/**
 * The process that has `argument` among the words of its command line, e.g. the path of a program that
 * only one process runs. The way to find what was started by somebody who died before writing it down.
 */
export async function findProcess(argument: string): Promise<ProcessIdentity | undefined> {
  for (const { pid, words } of await commandLines()) {
    if (pid !== process.pid && words.includes(argument)) return identifyProcess(pid);
  }
  return undefined;
}

interface CommandLine {
  readonly pid: number;
  readonly words: readonly string[];
}

function commandLines(): Promise<readonly CommandLine[]> {
  return process.platform === 'linux' ? linuxCommandLines() : psCommandLines();
}

async function linuxCommandLines(): Promise<readonly CommandLine[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return Promise.all(
    pids.map(async (pid) => {
      // Empty for kernel threads; gone if the process ended since the folder was read.
      const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return { pid: Number(pid), words: text.split('\0') };
    }),
  );
}

async function psCommandLines(): Promise<readonly CommandLine[]> {
  const { stdout } = await run('ps', ['-axww', '-o', 'pid=,command=']);
  return stdout.split('\n').map((line) => {
    const [pid = '', ...words] = line.trim().split(' ');
    return { pid: Number(pid), words };
  });
}
