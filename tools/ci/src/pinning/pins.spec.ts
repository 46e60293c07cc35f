import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import pins from '../executors/pins/pins.ts';
import { applyPins, checkPins, usesIn } from './check-pins.ts';

const sha = '0123456789abcdef0123456789abcdef01234567';
const locked = { actions: { 'some/action': { version: 'v4', commit: sha } } };
const open = { actions: { 'some/action': { version: 'v4', commit: null } } };

describe('checkPins', () => {
  it.each<[string, string, object, string[]]>([
    ['a locked line', `- uses: some/action@${sha} # v4`, locked, []],
    ['a folder of an action', `- uses: some/action/init@${sha} # v4`, locked, []],
    ['a line whose commit is not known yet', '- uses: some/action@v4', open, []],
    ['our own action', '- uses: $/.github/actions/setup\n- uses: some/action@v4', open, []],
    ['another commit', `- uses: some/action@${'f'.repeat(40)} # v4`, locked, ['is at']],
    ['the tag although the commit is known', '- uses: some/action@v4', locked, ['is at v4']],
    ['no comment', `- uses: some/action@${sha}`, locked, ['no comment']],
    ['another version', '- uses: some/action@v3', open, ['the lock at v4']],
    [
      'an action that is not in the lock',
      '- uses: other/action@v1\n- uses: some/action@v4',
      open,
      ['not in the lock'],
    ],
    ['a lock entry that nobody uses', '', open, ['used nowhere']],
  ])('%s', (_claim, content, lock, parts) => {
    const problems = checkPins(usesIn('w.yml', content), lock as typeof locked);
    expect(problems).toEqual(parts.map((part) => expect.stringContaining(part)));
  });
});

it('writes the commit and keeps the version in a comment, and is then stable', () => {
  const once = applyPins('      - uses: some/action@v4\n', locked);
  expect(once).toBe(`      - uses: some/action@${sha} # v4\n`);
  expect(applyPins(once, locked)).toBe(once);
});

describe('ci:pins --fill', () => {
  let root: string;
  const run = (options: object) =>
    pins({ root: '.', server: path.join(root, 'remotes'), ...options }, {
      root,
    } as ExecutorContext);
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
      cwd: path.join(root, 'remotes/some/action'),
      encoding: 'utf8',
    }).trim();

  beforeEach(() => {
    jest.spyOn(console, 'log').mockImplementation(() => undefined);
    jest.spyOn(console, 'error').mockImplementation(() => undefined);
    root = fs.mkdtempSync(path.join(os.tmpdir(), 'pins-'));
    fs.mkdirSync(path.join(root, 'remotes/some/action'), { recursive: true });
    fs.mkdirSync(path.join(root, '.github/workflows'), { recursive: true });
    git('init', '-q');
    git('commit', '-q', '--allow-empty', '-m', 'one');
    git('tag', '-a', 'v4', '-m', 'four');
    fs.writeFileSync(path.join(root, '.github/actions-lock.json'), JSON.stringify(open));
    fs.writeFileSync(path.join(root, '.github/workflows/w.yml'), '- uses: some/action@v4\n');
  });
  afterEach(() => {
    jest.restoreAllMocks();
    fs.rmSync(root, { recursive: true });
  });

  it('asks the remote and pins the commit behind an annotated tag', async () => {
    expect(await run({ fill: true })).toEqual({ success: true });
    const line = fs.readFileSync(path.join(root, '.github/workflows/w.yml'), 'utf8');
    expect(line).toBe(`- uses: some/action@${git('rev-parse', 'v4^{commit}')} # v4\n`);
  });

  it('reports a tag that was moved since', async () => {
    await run({ fill: true });
    git('commit', '-q', '--allow-empty', '-m', 'two');
    git('tag', '-f', '-a', 'v4', '-m', 'moved');
    expect(await run({ online: true })).toEqual({ success: false });
  });

  it('changes nothing and fails when the remote has no such tag', async () => {
    git('tag', '-d', 'v4');
    expect(await run({ fill: true })).toEqual({ success: false });
    const line = fs.readFileSync(path.join(root, '.github/workflows/w.yml'), 'utf8');
    expect(line).toBe('- uses: some/action@v4\n');
  });
});
