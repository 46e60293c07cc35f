import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tokenCommand } from './token-command.ts';

let dir: string;
let lines: string[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tokens-'));
  lines = [];
  jest.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(dir, { recursive: true });
});

async function run(...args: string[]): Promise<readonly string[]> {
  lines = [];
  await tokenCommand(args, { REMOTE_CACHE_DIR: dir });
  return lines;
}
const idIn = (output: readonly string[]) =>
  output.find((line) => line.startsWith('id'))?.slice(7) ?? '';

describe('token', () => {
  it('creates read-only trusted tokens unless told otherwise, and lists them without their secret', async () => {
    const created = await run('create', '--label', 'laptops');
    const token = created[1]?.slice(7) ?? '';
    expect(token).toMatch(/^pct_[0-9a-f]{8}_[\w-]{43}$/);
    const listed = (await run('list')).join('\n');
    expect(listed).toMatch(/valid +trusted +read-only +\d{4}-\d\d-\d\d +laptops/);
    expect(listed).not.toContain(token.slice(13));
  });

  it('rotates with an overlap and revokes at once', async () => {
    const id = idIn(await run('create', '--scope', 'pr-7', '--mode', 'read-write'));
    const successor = idIn(await run('rotate', id, '--overlap-minutes', '0'));
    await run('revoke', successor);
    const standings = (await run('list')).map((line) => line.split(/ +/).slice(0, 4).join(' '));
    expect(standings).toEqual([
      `${id} expired pr-7 read-write`,
      `${successor} revoked pr-7 read-write`,
    ]);
  });

  it.each([
    [['rotate', 'ffffffff']],
    [['revoke', 'nonsense']],
    [['create', '--scope', 'all']],
    [['x']],
    [['create', '--days', 'x']],
  ])('says what is wrong with %j', async (args) => {
    await expect(run(...args)).rejects.toMatchObject({ next: expect.any(String) });
  });
});
