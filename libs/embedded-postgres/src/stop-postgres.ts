import path from 'node:path';
import { clusterPath } from './data-directory.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { isProcessAlive } from './process-state.ts';
import { findRunningServer } from './running-server.ts';
import { systemErrorCode } from './system-error-code.ts';
import { waitFor } from './wait-for.ts';

export interface StopOptions {
  /** How long a clean shutdown may take before the server is stopped the hard way. Default 10 s. */
  readonly timeoutMs?: number;
}

/**
 * Stops the server of a data directory, whoever started it; true when one was running. SIGINT ("fast")
 * ends all sessions and shuts down cleanly; after `timeoutMs` SIGQUIT ("immediate") stops without a
 * checkpoint, and the next start replays the log. No data is lost either way.
 */
export async function stopPostgres(
  dataDirectory: string,
  { timeoutMs = 10_000 }: StopOptions = {},
): Promise<boolean> {
  const running = await findRunningServer(clusterPath(path.resolve(dataDirectory)), timeoutMs);
  if (running === undefined) return false;
  if (await signalUntilGone(running.pid, 'SIGINT', timeoutMs)) return true;
  if (await signalUntilGone(running.pid, 'SIGQUIT', 5_000)) return true;
  throw new EmbeddedPostgresError(
    'STOP_FAILED',
    `the PostgreSQL server ${running.pid} of ${dataDirectory} does not stop`,
    { next: `run \`kill -9 ${running.pid}\`: the next start recovers the data` },
  );
}

async function signalUntilGone(
  pid: number,
  signal: NodeJS.Signals,
  timeoutMs: number,
): Promise<boolean> {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (systemErrorCode(error) === 'ESRCH') return true;
    throw error;
  }
  const gone = await waitFor(() => (isProcessAlive(pid) ? undefined : true), timeoutMs);
  return gone === true;
}
