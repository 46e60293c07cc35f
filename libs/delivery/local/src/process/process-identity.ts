import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** A process that cannot be mistaken for a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** The kernel's word for when it started; compared, never interpreted. */
  readonly startTime: string;
}

/** What the kernel says of a pid now. A zombie has ended: only its parent has not looked yet. */
interface ProcessFacts {
  readonly startTime: string;
  readonly ended: boolean;
}

const run = promisify(execFile);

/**
 * Reads `/proc/<pid>/stat`. The command's name stands in brackets and may itself hold spaces and
 * brackets, so fields are counted from the last closing one: state is the 3rd, starttime the 22nd.
 */
export function parseProcStat(stat: string): ProcessFacts {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { startTime: fields[19] ?? '', ended: fields[0] === 'Z' || fields[0] === 'X' };
}

/** Reads one line of `ps -o state=,lstart= -p <pid>`. */
export function parsePsLine(line: string): ProcessFacts {
  const [state = '', ...startTime] = line.trim().split(/\s+/);
  return { startTime: startTime.join(' '), ended: state.startsWith('Z') };
}

async function factsOf(pid: number): Promise<ProcessFacts | undefined> {
  try {
    if (process.platform === 'linux') {
      return parseProcStat(await readFile(`/proc/${pid}/stat`, 'latin1'));
    }
    const { stdout } = await run('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
      env: { ...process.env, LC_ALL: 'C' },
    });
    return parsePsLine(stdout);
  } catch {
    return undefined; // both say "no such process" by failing
  }
}

/** The identity of a running process, or undefined if there is none with this pid. */
export async function identifyProcess(pid: number): Promise<ProcessIdentity | undefined> {
  const facts = await factsOf(pid);
  return facts === undefined || facts.ended ? undefined : { pid, startTime: facts.startTime };
}

/** Whether that very process still runs; a reused pid and a zombie are not alive. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  return (await identifyProcess(identity.pid))?.startTime === identity.startTime;
}
