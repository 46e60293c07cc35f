import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { lintRepository } from './lint-repository.ts';
import { rulePage, ruleText, ruleTexts } from './tool-rules.ts';

const root = path.resolve(__dirname, '../../../..');
const read = (id: string) => fs.readFileSync(path.join(root, rulePage(id)), 'utf8');
const example = (page: string, heading: 'Bad' | 'Good') =>
  new RegExp(`## ${heading}\n\n\`\`\`yaml\n(.*?)\`\`\``, 's').exec(page)?.[1];

const called = `name: deploy
on: { workflow_call: { secrets: { token: { required: true } } } }
permissions: {}
jobs:
  a:
    runs-on: ubuntu-latest
    timeout-minutes: 5
    steps: [{ run: echo }]
`;

async function rulesFiredBy(content: string): Promise<string[]> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'page-'));
  try {
    fs.mkdirSync(path.join(folder, '.github/workflows'), { recursive: true });
    fs.writeFileSync(path.join(folder, '.github/workflows/example.yml'), content);
    fs.writeFileSync(path.join(folder, '.github/workflows/deploy.yml'), called);
    const { open } = await lintRepository(folder, '2026-01-01');
    return open.map(({ rule }) => ruleText(rule).id);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/** Rules about files and waivers have no example of their own. */
const withoutExample = ['unreadable-file', 'expired-waiver', 'unused-waiver'];
const withExample = ruleTexts.map(({ id }) => id).filter((id) => !withoutExample.includes(id));

it('every rule has a page, and every page a rule', () => {
  const pages = fs.readdirSync(path.join(root, 'docs/workflow-rules')).sort();
  expect(pages).toEqual(ruleTexts.map(({ id }) => path.basename(rulePage(id))).sort());
});

it.each(withExample)('the bad example of %s is found by it', async (id) => {
  expect(await rulesFiredBy(example(read(id), 'Bad') ?? '')).toContain(id);
});

it.each(withExample)('the good example of %s is clean', async (id) => {
  expect(await rulesFiredBy(example(read(id), 'Good') ?? '')).toEqual([]);
});
