import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { environmentSchema } from './environment/environment-file.ts';
import { RUNBOOK } from './output/runbook.ts';
import {
  anchorsOf,
  fieldRows,
  readWorkspaceFile,
  sectionOf,
  tableRows,
  workspaceRoot,
} from './testing/documented.ts';

const DOCS = 'docs/deployment';
const page = (name: string) => readWorkspaceFile(DOCS, name);

describe('docs/deployment/environment-file.md', () => {
  it('lists every field with its type, default and meaning, and no other', () => {
    const schema = z.toJSONSchema(environmentSchema, { io: 'input' });
    const fields = sectionOf(page('environment-file.md'), '## Fields');
    expect(tableRows(fields)).toEqual(fieldRows(schema));
  });
});

describe('docs/deployment/errors.md', () => {
  it.each([
    ['RolloutError', 'libs/delivery/rollout/src/errors.ts'],
    ['LocalError', 'libs/delivery/local/src/errors.ts'],
    ['DeployError', 'tools/deploy/src/deploy-error.ts'],
  ])('explains every code of %s with the next command, and no other', (name, source) => {
    const codes = [...readWorkspaceFile(source).matchAll(/^ {2}\| '([A-Z_]+)'/gm)].map(
      ([, code = '']) => code,
    );
    const section = sectionOf(page('errors.md'), `## ${name}`);
    const explained = section.split(/^### /m).slice(1);
    expect(codes.length).toBeGreaterThan(0);
    expect(explained.map((text) => text.split('\n')[0])).toEqual(codes);
    for (const text of explained) expect(text).toMatch(/\n\n.{20,}\n\nNext: .{10,}/s);
  });
});

describe('docs/deployment/runbook.md', () => {
  it('has an entry for everything that messages point at, and no other', () => {
    const entries = [...page('runbook.md').matchAll(/^## (.+)$/gm)].map(([, name]) => name);
    expect(entries.map((name) => anchorsOf(`## ${name}`)[0])).toEqual([...RUNBOOK]);
  });
});

describe('docs/deployment/commands.md', () => {
  const { executors } = JSON.parse(readWorkspaceFile('tools/deploy/executors.json')) as {
    executors: Readonly<Record<string, { schema: string; description: string }>>;
  };

  it('has every command, and no other', () => {
    const commands = [...page('commands.md').matchAll(/^## `deploy:(.+)`$/gm)].map(([, n]) => n);
    expect(commands).toEqual(Object.keys(executors));
  });

  it.each(Object.entries(executors))(
    'lists what deploy:%s takes',
    (name, { schema, description }) => {
      const section = sectionOf(page('commands.md'), `## \`deploy:${name}\``);
      expect(section).toContain(description);
      const options = JSON.parse(readWorkspaceFile('tools/deploy', schema)) as unknown;
      const rows = fieldRows(options)
        .filter(([option]) => option !== '`environment`')
        .map(([option = '', ...cells]) => [`\`--${kebab(option.replaceAll('`', ''))}\``, ...cells]);
      expect(tableRows(section)).toEqual(rows);
    },
  );
});

describe('every link', () => {
  const pages = [
    'README.md',
    'CONTRIBUTING.md',
    'ARCHITECTURE.md',
    ...readdirSync(path.join(workspaceRoot, DOCS)).map((name) => `${DOCS}/${name}`),
  ];

  it.each(pages)('of %s leads somewhere', (file) => {
    const links = [...readWorkspaceFile(file).matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)];
    for (const [, link = ''] of links) expectTarget(path.dirname(file), link);
  });

  it('in a message of the tools leads somewhere', () => {
    const links = sources(
      'tools/deploy/src',
      'libs/delivery/rollout/src',
      'libs/delivery/local/src',
    )
      .flatMap((file) => [...readWorkspaceFile(file).matchAll(/docs\/[\w/-]+\.md(#[\w-]+)?/g)])
      .map(([link]) => link);
    expect(links.length).toBeGreaterThan(0);
    for (const link of links) expectTarget('', link);
  });
});

function expectTarget(from: string, link: string): void {
  const [file = '', anchor] = link.split('#');
  const target = path.join(from, file);
  const found = statSync(path.join(workspaceRoot, target), { throwIfNoEntry: false });
  expect({ link, found: found !== undefined }).toEqual({ link, found: true });
  if (anchor === undefined || file === '') return;
  expect({ link, anchors: anchorsOf(readWorkspaceFile(target)) }).toEqual({
    link,
    anchors: expect.arrayContaining([anchor]),
  });
}

function sources(...folders: readonly string[]): readonly string[] {
  return folders.flatMap((folder) =>
    readdirSync(path.join(workspaceRoot, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
      .map((name) => path.join(folder, name)),
  );
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
