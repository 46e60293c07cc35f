import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { identifyProcess } from '../process/process-identity.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { FileLease, currentHolder } from './file-lease.ts';
import { systemClock } from './system-clock.ts';

describe('FileLease', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.clean());

  const acquire = (by: string, takeOver = false) =>
    FileLease.acquire(folder.path, { by, purpose: 'canary', takeOver }, systemClock);

  it('is held by one: the next one hears who has it, since when, and what to do', async () => {
    await acquire('ada@one');
    await expect(acquire('bob@two')).rejects.toMatchObject({
      code: 'ENVIRONMENT_LOCKED',
      message: expect.stringMatching(/^ada@one holds this environment for canary since 20/),
      next: expect.stringContaining('--take-over'),
    });
  });

  it('goes to exactly one of many who want it in the same moment', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 16 }, (_, i) => acquire(`racer-${i}`)),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('has a higher number each time, and is free after its release', async () => {
    const first = await acquire('ada@one');
    await first.release();
    expect(await currentHolder(folder.path)).toBeUndefined();
    const second = await acquire('bob@two');
    expect(second.fence).toBe(first.fence + 1);
    expect(await first.isHeld()).toBe(false);
    expect(await second.isHeld()).toBe(true);
  });

  it('ends with its process', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      stdio: 'ignore',
    });
    await once(child, 'spawn');
    const identity = await identifyProcess(child.pid!);
    const lease = await acquire('ada@one');
    await writeFile(
      path.join(folder.path, `${lease.fence}.json`),
      JSON.stringify({ ...lease.holder, process: identity }),
    );
    await expect(acquire('bob@two')).rejects.toMatchObject({ code: 'ENVIRONMENT_LOCKED' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect((await acquire('bob@two')).fence).toBe(lease.fence + 1);
  });

  it('is not held by a stranger who got the dead holder’s process number', async () => {
    await mkdir(folder.path, { recursive: true });
    const lease = await acquire('ada@one');
    await writeFile(
      path.join(folder.path, `${lease.fence}.json`),
      JSON.stringify({ ...lease.holder, process: { pid: process.pid, startTime: '1' } }),
    );
    expect((await acquire('bob@two')).fence).toBe(lease.fence + 1);
  });

  it('can be overtaken, and the overtaken one sees it', async () => {
    const first = await acquire('ada@one');
    const second = await acquire('bob@two', true);
    expect(second.fence).toBe(first.fence + 1);
    expect(await first.isHeld()).toBe(false);
  });

  it('leaves no file behind but the last lease', async () => {
    for (let i = 0; i < 3; i += 1) await (await acquire('ada@one')).release();
    expect((await readdir(folder.path)).sort()).toEqual(['3.json', '3.released']);
  });
});
