import fs from 'node:fs';
import { systemErrorCode } from './system-error-code.ts';

/** Whether a process still runs. One that has exited but was not collected by its parent does not. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it exists and belongs to someone else.
    if (systemErrorCode(error) !== 'EPERM') return false;
  }
  return !isZombie(pid);
}

/** `/proc/<pid>/stat` is `pid (name) state ...`, and the name may itself contain parentheses. */
function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    // Without a readable /proc the signal's answer stands; a vanished process is caught by the next look.
    return false;
  }
}
