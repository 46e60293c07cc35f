import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Clock, CodedError } from '@prompt-card/core';
import { RolloutError } from '@prompt-card/rollout';
import { identifyProcess, isAlive, type ProcessIdentity } from '../process/process-identity.ts';
import { readIfPresent, removeUnfinishedWrites, syncFolder, writeDurably } from './durable-file.ts';

/** Who is in charge of an environment. */
export interface LeaseHolder {
  /** The number of the lease, higher than every one before it. */
  readonly fence: number;
  /** `ada@laptop` */
  readonly by: string;
  /** What it is doing, e.g. `canary`. */
  readonly purpose: string;
  readonly process: ProcessIdentity;
  /** Milliseconds since the epoch. */
  readonly sinceMs: number;
}

/**
 * The right to change an environment, held by one process at a time. Lease `n` is the file `<n>.json`,
 * which `link` creates for exactly one of any number of takers; it ends with the file `<n>.released` or
 * with its process. The number is the fencing token: everything that is written carries it, and whoever
 * was overtaken is refused.
 */
export class FileLease {
  readonly holder: LeaseHolder;
  readonly #folder: string;

  private constructor(folder: string, holder: LeaseHolder) {
    this.#folder = folder;
    this.holder = holder;
  }

  get fence(): number {
    return this.holder.fence;
  }

  /**
   * Takes the lease; rejects with `ENVIRONMENT_LOCKED` while another process that still runs holds it,
   * unless `takeOver` asks to overtake it.
   */
  static async acquire(
    folder: string,
    options: { readonly by: string; readonly purpose: string; readonly takeOver?: boolean },
    clock: Clock,
  ): Promise<FileLease> {
    await mkdir(folder, { recursive: true });
    // One look for both: whoever takes the lease after it has taken the number that is claimed below.
    const newest = await highestFence(folder);
    const current = await holderOf(folder, newest);
    if (current && !options.takeOver) throw locked(current);
    const process_ = await identifyProcess(process.pid);
    if (!process_)
      throw new CodedError('NO_IDENTITY', `process ${process.pid} cannot be identified`);
    const holder: LeaseHolder = {
      fence: newest + 1,
      by: options.by,
      purpose: options.purpose,
      process: process_,
      sinceMs: clock.now(),
    };
    if (await claim(folder, holder)) {
      await removeUnfinishedWrites(folder);
      return new FileLease(folder, holder);
    }
    const winner = await currentHolder(folder);
    if (winner) throw locked(winner);
    // The winner has come and gone in the meantime.
    return FileLease.acquire(folder, options, clock);
  }

  /** Whether nobody has taken over since. */
  async isHeld(): Promise<boolean> {
    return (await highestFence(this.#folder)) === this.fence;
  }

  async release(): Promise<void> {
    await writeDurably(path.join(this.#folder, `${this.fence}.released`), '');
    await removeOlder(this.#folder, this.fence);
  }
}

/** Who holds the lease now: a process that still runs and has not released it. */
export async function currentHolder(folder: string): Promise<LeaseHolder | undefined> {
  return holderOf(folder, await highestFence(folder));
}

async function holderOf(folder: string, fence: number): Promise<LeaseHolder | undefined> {
  const text = await readIfPresent(path.join(folder, `${fence}.json`));
  if (text === undefined) return undefined;
  if ((await readIfPresent(path.join(folder, `${fence}.released`))) !== undefined) return undefined;
  const holder = JSON.parse(text) as LeaseHolder;
  return (await isAlive(holder.process)) ? holder : undefined;
}

/** `ada@laptop`, for leases and the audit log. */
export function currentUser(): string {
  return `${os.userInfo().username}@${os.hostname()}`;
}

/** The number of the newest lease, whoever holds it and whether or not it was released; 0 before the first. */
export async function highestFence(folder: string): Promise<number> {
  const names = await readdir(folder).catch(() => []);
  return names.reduce((highest, name) => {
    const number = /^(\d+)\.json$/.exec(name)?.[1];
    return number === undefined ? highest : Math.max(highest, Number(number));
  }, 0);
}

/** False if somebody else was first. The file appears whole: it is written under another name and linked. */
async function claim(folder: string, holder: LeaseHolder): Promise<boolean> {
  const temporary = path.join(folder, `${randomUUID()}.tmp`);
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(JSON.stringify(holder));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(temporary, path.join(folder, `${holder.fence}.json`));
    await syncFolder(folder);
    return true;
  } catch (error) {
    // ENOENT: the one who was first has cleaned up meanwhile.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOENT') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function removeOlder(folder: string, fence: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (Number.parseInt(name, 10) < fence) await rm(path.join(folder, name), { force: true });
  }
}

function locked(holder: LeaseHolder): RolloutError {
  const since = new Date(holder.sinceMs).toISOString();
  return new RolloutError(
    'ENVIRONMENT_LOCKED',
    `${holder.by} holds this environment for ${holder.purpose} since ${since} (process ${holder.process.pid})`,
    {
      next: 'wait for it, ask it to stop with `nx run deploy:abort`, or overtake it with --take-over',
    },
  );
}
