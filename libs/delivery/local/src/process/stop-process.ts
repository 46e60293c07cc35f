import { setTimeout as sleep } from 'node:timers/promises';
import { LocalError } from '../errors.ts';
import { identifyProcess, isAlive, type ProcessIdentity } from './process-identity.ts';

/** `was-gone`: had ended before. `terminated`: ended on SIGTERM. `killed`: needed SIGKILL. */
export type StopOutcome = 'was-gone' | 'terminated' | 'killed';

/** After SIGKILL only a process in uninterruptible sleep stays. */
const KILL_TIMEOUT_MS = 5_000;

/**
 * Ends a process and its group: SIGTERM, up to `graceMs` for what it has in hand, then SIGKILL for all
 * that is left of the group. The identity is checked right before each signal, so a reused pid is spared.
 */
export async function stopProcess(
  identity: ProcessIdentity,
  { graceMs }: { readonly graceMs: number },
): Promise<StopOutcome> {
  if (!(await isAlive(identity))) return 'was-gone';
  signalLeader(identity.pid, 'SIGTERM');
  if (await ends(identity, graceMs)) {
    await killStragglers(identity.pid);
    return 'terminated';
  }
  signalLeader(identity.pid, 'SIGKILL');
  if (await ends(identity, KILL_TIMEOUT_MS)) return 'killed';
  throw new LocalError(
    'PROCESS_NOT_STOPPED',
    `process ${identity.pid} is still there after SIGKILL`,
    {
      next: `look at it: ps -o pid,stat,wchan,command -p ${identity.pid}`,
    },
  );
}

/** A process that was started elsewhere may lead no group; then the signal goes to it alone. */
function signalLeader(pid: number, signal: NodeJS.Signals): void {
  if (!sent(-pid, signal)) sent(pid, signal);
}

/**
 * Kills what a process that has ended left behind in its group. While a member lives the kernel gives the
 * group's number to nobody else; so if no process has that number, a group of that number is the old one.
 */
async function killStragglers(pid: number): Promise<void> {
  if ((await identifyProcess(pid)) === undefined) sent(-pid, 'SIGKILL');
}

function sent(target: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(target, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // macOS answers EPERM instead of ESRCH for a group whose members are all zombies.
    if (code === 'ESRCH' || (code === 'EPERM' && target < 0)) return false;
    throw error;
  }
}

/** The kernel tells only a parent of an exit; anyone else has to look again and again. */
async function ends(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  for (let pauseMs = 2; await isAlive(identity); pauseMs = Math.min(pauseMs * 2, 50)) {
    if (performance.now() >= deadline) return false;
    await sleep(pauseMs);
  }
  return true;
}
