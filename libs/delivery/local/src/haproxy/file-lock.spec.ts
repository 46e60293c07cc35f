import { spawnSync } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { withFileLock } from './file-lock.ts';

describe('withFileLock', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => folder.clean());

  it('lets one in at a time, and everybody in the end', async () => {
    let inside = 0;
    let most = 0;
    let turns = 0;
    const visit = () =>
      withFileLock(folder.path, async () => {
        inside += 1;
        most = Math.max(most, inside);
        await new Promise(setImmediate);
        inside -= 1;
        turns += 1;
      });
    await Promise.all(Array.from({ length: 10 }, visit));
    expect([most, turns]).toEqual([1, 10]);
    expect((await readdir(folder.path)).filter((name) => name.endsWith('.turn'))).toHaveLength(1);
  });

  it('goes on after an action that failed', async () => {
    const failing = withFileLock(folder.path, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    await expect(withFileLock(folder.path, () => Promise.resolve('yes'))).resolves.toBe('yes');
  });

  it('does not wait for a holder that was killed', async () => {
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    await mkdir(folder.path, { recursive: true });
    await writeFile(
      path.join(folder.path, '7.turn'),
      JSON.stringify({ pid, startTime: 'long ago' }),
    );
    await expect(withFileLock(folder.path, () => Promise.resolve('in'))).resolves.toBe('in');
  });
});
