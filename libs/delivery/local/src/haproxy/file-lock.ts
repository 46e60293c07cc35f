import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readIfPresent } from '../environment/durable-file.ts';
import { LocalError } from '../errors.ts';
import { identifyProcess, isAlive, type ProcessIdentity } from '../process/process-identity.ts';

const LOOK_INTERVAL_MS = 10;
const TIMEOUT_MS = 30_000;

/**
 * Runs `action` while no other process runs one under the same folder. Turn `n` is the file `<n>.turn`,
 * which `link` creates for exactly one taker; it is over with the file `<n>.over` or with its process.
 * The highest turn is never removed, so that a number is not taken twice.
 */
export async function withFileLock<T>(folder: string, action: () => Promise<T>): Promise<T> {
  await mkdir(folder, { recursive: true });
  const turn = await takeTurn(folder);
  try {
    return await action();
  } finally {
    await writeFile(path.join(folder, `${turn}.over`), '');
    for (const name of await readdir(folder)) {
      const isLeft = name.endsWith('.tmp') || Number.parseInt(name, 10) < turn;
      if (isLeft) await rm(path.join(folder, name), { force: true });
    }
  }
}

async function takeTurn(folder: string): Promise<number> {
  const own = await identifyProcess(process.pid);
  const deadline = performance.now() + TIMEOUT_MS;
  for (;;) {
    const latest = await latestTurn(folder);
    const holder = await holderOf(folder, latest);
    if (!holder) {
      if (await claim(folder, latest + 1, own)) return latest + 1;
    } else if (performance.now() >= deadline) {
      throw new LocalError(
        'WAIT_FAILED',
        `process ${holder.pid} has been changing HAProxy for more than ${TIMEOUT_MS / 1_000} s`,
        { next: `look at it: ps -o pid,stat,command -p ${holder.pid}` },
      );
    } else {
      await sleep(LOOK_INTERVAL_MS);
    }
  }
}

async function latestTurn(folder: string): Promise<number> {
  const names = await readdir(folder);
  return Math.max(0, ...names.map((name) => Number(/^(\d+)\.turn$/.exec(name)?.[1] ?? 0)));
}

/** The process whose turn it is, unless the turn is over. */
async function holderOf(folder: string, turn: number): Promise<ProcessIdentity | undefined> {
  const text = await readIfPresent(path.join(folder, `${turn}.turn`));
  if (text === undefined) return undefined;
  if ((await readIfPresent(path.join(folder, `${turn}.over`))) !== undefined) return undefined;
  const holder = JSON.parse(text) as ProcessIdentity;
  return (await isAlive(holder)) ? holder : undefined;
}

/** False if somebody else was first. The file appears whole: it is written under another name. */
async function claim(
  folder: string,
  turn: number,
  own: ProcessIdentity | undefined,
): Promise<boolean> {
  const file = path.join(folder, `${turn}.turn`);
  const temporary = path.join(folder, `${randomUUID()}.tmp`);
  await writeFile(temporary, JSON.stringify(own ?? { pid: process.pid, startTime: '' }));
  try {
    await link(temporary, file);
  } catch (error) {
    // ENOENT: the one who was first has cleaned up meanwhile.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOENT') return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  // Whoever was slow may have made the file of a turn that is long over and was cleaned up.
  if ((await latestTurn(folder)) === turn) return true;
  await rm(file, { force: true });
  return false;
}
