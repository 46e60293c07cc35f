import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs/promises';
import path from 'node:path';
import type { Binaries } from './binaries.ts';
import { spawnOrphan } from './orphan.ts';
import { readPostmasterFile } from './postmaster-file.ts';
import { isProcessAlive } from './process-state.ts';
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
  /** True lets the server outlive this process, whatever ends it and its descendants. */
  readonly detached: boolean;
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
    const started = await start(options, log.fd);
    if (typeof started === 'string') return { kind: 'failed', log: started };
    const { pid } = started;
    options.onSpawn(pid);

    const state = await waitFor(async () => {
      if (started.hasEnded()) return 'ended';
      const file = await readPostmasterFile(options.cluster);
      return file?.pid === pid && file?.status === 'ready' ? 'ready' : undefined;
    }, options.timeoutMs);
    if (state === 'ready') return { kind: 'ready', pid };

    if (state === undefined && !started.hasEnded()) process.kill(pid, 'SIGQUIT');
    const ended = state === 'ended' ? 'it ended' : `not ready after ${options.timeoutMs} ms`;
    const text = await readFrom(options.logFile, offset);
    const kind = classifyFailure(text);
    if (kind !== 'failed') return { kind };
    return { kind, log: `${ended}\n${text.trim()}` };
  } finally {
    await log.close();
  }
}

interface Started {
  readonly pid: number;
  hasEnded(): boolean;
}

/** A sentence where the program could not be started at all. */
async function start(
  { binaries, cluster, port, settings, user, detached }: LaunchOptions,
  logFd: number,
): Promise<Started | string> {
  const args = postgresArguments(cluster, port, settings);
  const how = {
    cwd: '/',
    env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
    ...(user && { uid: user.uid, gid: user.gid }),
  };
  if (detached) {
    const pid = await spawnOrphan({ program: binaries.postgres, args, options: how }, logFd);
    return typeof pid === 'string' ? pid : { pid, hasEnded: () => !isProcessAlive(pid) };
  }
  const child = spawn(binaries.postgres, args, {
    ...how,
    detached: true,
    stdio: ['ignore', logFd, logFd],
  });
  let failure: string | undefined;
  child.once('error', (error) => (failure = error.message));
  child.unref();
  const { pid } = child;
  if (pid === undefined) {
    await once(child, 'error').catch(() => undefined);
    return failure ?? 'it could not be started';
  }
  return { pid, hasEnded: () => child.exitCode !== null || child.signalCode !== null };
}

async function readFrom(file: string, offset: number): Promise<string> {
  return (await fs.readFile(file)).subarray(offset).toString('utf8');
}
