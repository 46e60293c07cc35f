import fs from 'node:fs/promises';
import net from 'node:net';
import { postmasterFilePath, readPostmasterFile } from './postmaster-file.ts';
import { isProcessAlive } from './process-state.ts';
import { waitFor } from './wait-for.ts';

export interface RunningServer {
  readonly pid: number;
  readonly port: number;
}

/**
 * The server that runs on this cluster, or undefined when a new one may start. One that is just starting
 * or stopping is waited for, at most `timeoutMs`.
 */
export async function findRunningServer(
  cluster: string,
  timeoutMs: number,
): Promise<RunningServer | undefined> {
  const settled = await waitFor(() => readSettled(cluster), timeoutMs);
  if (settled === undefined || settled === 'none') return undefined;
  if (await isListening(settled.port)) return settled;

  // A live server listens. It may have stopped in between; if it claims to be ready still, the machine
  // crashed, and the process number belongs to a stranger who must be neither adopted nor signalled.
  const again = await readSettled(cluster);
  if (typeof again === 'object' && again.pid === settled.pid) {
    await fs.rm(postmasterFilePath(cluster), { force: true });
  }
  return undefined;
}

/** Undefined while the server is neither ready nor gone. */
async function readSettled(cluster: string): Promise<RunningServer | 'none' | undefined> {
  const file = await readPostmasterFile(cluster);
  if (file === undefined || !isProcessAlive(file.pid)) return 'none';
  return file.status === 'ready' && file.port ? { pid: file.pid, port: file.port } : undefined;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port });
    const answer = (listening: boolean) => {
      socket.destroy();
      resolve(listening);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}
