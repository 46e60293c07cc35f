import fs from 'node:fs';
import path from 'node:path';
import { readRepository } from '../repository/read-repository.ts';
import { pipelinePicture } from './pipeline-picture.ts';

const root = path.resolve(__dirname, '../../../..');
const file = path.join(root, 'docs', 'ci.md');
const marks = ['<!-- prettier-ignore-start -->\n\n', '\n<!-- prettier-ignore-end -->'] as const;

it('docs/ci.md shows the workflows as they are (UPDATE_GOLDEN=1 rewrites the picture)', async () => {
  const { workflows } = (await readRepository(root, { waivers: [] })).repository;
  const picture = pipelinePicture(workflows);
  const [before = '', rest = ''] = fs.readFileSync(file, 'utf8').split(marks[0]);
  const [shown, ...after] = rest.split(marks[1]);
  expect(after).toHaveLength(1);
  if (process.env['UPDATE_GOLDEN'] === '1') {
    fs.writeFileSync(file, before + marks[0] + picture + marks[1] + after.join(marks[1]));
    return;
  }
  expect(shown).toBe(picture);
});

it('docs/ci.md names every executor and each of its options', () => {
  const text = fs.readFileSync(file, 'utf8');
  const { executors } = JSON.parse(
    fs.readFileSync(path.join(root, 'tools/ci/executors.json'), 'utf8'),
  ) as { executors: Record<string, { schema: string }> };
  for (const [name, { schema }] of Object.entries(executors)) {
    expect(text).toContain(`ci:${name}`);
    const { properties } = JSON.parse(fs.readFileSync(path.join(root, 'tools/ci', schema), 'utf8'));
    for (const option of Object.keys(properties)) expect(text).toContain(`\`--${option}\``);
  }
});
