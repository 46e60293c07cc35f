import fs from 'node:fs/promises';
import path from 'node:path';
import { systemErrorCode } from './system-error-code.ts';

/** What a running server writes about itself into `postmaster.pid`. */
export interface PostmasterFile {
  readonly pid: number;
  /** Missing in the moments before the server has written the whole file. */
  readonly port: number | undefined;
  readonly status: 'starting' | 'ready' | 'stopping';
}

/**
 * The file's lines are: pid, data directory, start time, port, socket directory, address, shared memory
 * key, status (`starting`, `ready`, `stopping`, `standby`). `pg_ctl` decides by the same lines.
 */
export function parsePostmasterFile(text: string): PostmasterFile | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  const port = Number(lines[3]);
  const status = lines[7];
  return {
    pid,
    port: Number.isInteger(port) && port > 0 ? port : undefined,
    status: status === 'ready' || status === 'stopping' ? status : 'starting',
  };
}

/** Undefined when no server runs (a clean stop removes the file) or the file is still being written. */
export async function readPostmasterFile(cluster: string): Promise<PostmasterFile | undefined> {
  try {
    return parsePostmasterFile(await fs.readFile(postmasterFilePath(cluster), 'utf8'));
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

export function postmasterFilePath(cluster: string): string {
  return path.join(cluster, 'postmaster.pid');
}
