import { spawn } from 'node:child_process';
import fs from 'node:fs/promises';
import path from 'node:path';
import type { Binaries } from './binaries.ts';
import { readPostmasterFile } from './postmaster-file.ts';
import type { ServerUser } from './server-user.ts';
import { waitFor } from './wait-for.ts';

export interface LaunchOptions {
  readonly binaries: Binaries;
  readonly user: ServerUser | undefined;
  readonly cluster: string;
  readonly port: number;
  readonly logFile: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Called with the process number as soon as there is one. */
  readonly onSpawn: (pid: number) => void;
}

/** How one attempt ended. `contended`: another server holds the directory, or its remains are not gone yet. */
export type LaunchOutcome =
  | { readonly kind: 'ready'; readonly pid: number }
  | { readonly kind: 'port-in-use' }
  | { readonly kind: 'contended' }
  | { readonly kind: 'failed'; readonly log: string };

/** Arguments of `postgres`: one TCP address, no Unix socket, and the caller's settings last. */
export function postgresArguments(
  cluster: string,
  port: number,
  settings: Readonly<Record<string, string>>,
): string[] {
  const all = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    port: String(port),
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...settings,
  };
  return [
    '-D',
    cluster,
    ...Object.entries(all).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
  ];
}

/** Reads from what the server logged why it did not start. */
export function classifyFailure(log: string): Exclude<LaunchOutcome['kind'], 'ready'> {
  if (log.includes('Address already in use')) return 'port-in-use';
  if (log.includes('lock file "postmaster.pid" is empty')) return 'contended';
  // This line appears after `kill -9` while the dead server's children still hold its memory.
  if (log.includes('lock file "postmaster.pid" already exists')) return 'contended';
  if (log.includes('pre-existing shared memory block')) return 'contended';
  return 'failed';
}

/**
 * Starts the server in a session of its own, so that a terminal's Ctrl-C reaches its owner alone and
 * requests in flight keep their database. The log goes straight to the file: a pipe would die with us.
 */
export async function launch(options: LaunchOptions): Promise<LaunchOutcome> {
  await fs.mkdir(path.dirname(options.logFile), { recursive: true });
  const log = await fs.open(options.logFile, 'a');
  try {
    const offset = (await log.stat()).size;
    const child = spawn(
      options.binaries.postgres,
      postgresArguments(options.cluster, options.port, options.settings),
      {
        cwd: '/',
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
        env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
        ...(options.user && { uid: options.user.uid, gid: options.user.gid }),
      },
    );
    let ended: string | undefined;
    child.once('error', (error) => (ended = error.message));
    child.once('exit', (code, signal) => (ended ??= `exited with ${signal ?? String(code)}`));
    child.unref();
    if (child.pid !== undefined) options.onSpawn(child.pid);

    const state = await waitFor(async () => {
      if (ended !== undefined) return 'ended';
      const file = await readPostmasterFile(options.cluster);
      return file?.pid === child.pid && file?.status === 'ready' ? 'ready' : undefined;
    }, options.timeoutMs);
    if (state === 'ready' && child.pid !== undefined) return { kind: 'ready', pid: child.pid };

    if (state === undefined) child.kill('SIGQUIT');
    const text = await readFrom(options.logFile, offset);
    const kind = classifyFailure(text);
    if (kind !== 'failed') return { kind };
    return { kind, log: `${ended ?? `not ready after ${options.timeoutMs} ms`}\n${text.trim()}` };
  } finally {
    await log.close();
  }
}

async function readFrom(file: string, offset: number): Promise<string> {
  return (await fs.readFile(file)).subarray(offset).toString('utf8');
}
