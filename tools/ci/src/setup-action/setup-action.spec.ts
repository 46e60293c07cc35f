import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const scripts = path.resolve(__dirname, '../../../../.github/actions/setup');
const run = promisify(execFile);

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'setup-'));
});
afterEach(() => {
  fs.rmSync(folder, { recursive: true });
});

/** Runs a script of the setup action as a step would, and gives what it left in GITHUB_ENV. */
async function step(script: string, env: Record<string, string>) {
  const file = path.join(folder, 'env');
  fs.writeFileSync(file, '');
  const answer = await run(process.execPath, [path.join(scripts, script)], {
    env: { PATH: process.env['PATH'] ?? '', GITHUB_ENV: file, ...env },
  });
  return { env: fs.readFileSync(file, 'utf8'), stdout: answer.stdout };
}

describe('the range of commits', () => {
  const range = async (event: string, payload: object) => {
    const file = path.join(folder, 'event.json');
    fs.writeFileSync(file, JSON.stringify(payload));
    const env = { GITHUB_EVENT_NAME: event, GITHUB_EVENT_PATH: file, GITHUB_SHA: 'head' };
    return (await step('commit-range.mjs', env)).env;
  };

  it.each<[string, string, object, string]>([
    [
      'a pull request: from its base',
      'pull_request',
      { pull_request: { base: { sha: 'base' } } },
      'NX_BASE=base\nNX_HEAD=head\n',
    ],
    [
      'a merge group: its own ends',
      'merge_group',
      { merge_group: { base_sha: 'b', head_sha: 'h' } },
      'NX_BASE=b\nNX_HEAD=h\n',
    ],
    ['a push: from what was there', 'push', { before: 'old' }, 'NX_BASE=old\nNX_HEAD=head\n'],
    [
      'the first push of a branch: the commit before',
      'push',
      { before: '0'.repeat(40) },
      'NX_BASE=head~1\nNX_HEAD=head\n',
    ],
    ['a schedule: the commit before', 'schedule', {}, 'NX_BASE=head~1\nNX_HEAD=head\n'],
  ])('%s', async (_claim, event, payload, expected) => {
    expect(await range(event, payload)).toBe(expected);
  });
});
