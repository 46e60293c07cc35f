import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { lintRepository } from './lint-repository.ts';
import { toSarif } from './sarif.ts';

const folders: string[] = [];

/** A repository in a temporary folder with these files. */
function repository(files: Readonly<Record<string, string>>): string {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'lint-'));
  folders.push(root);
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(root, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
  }
  return root;
}

afterAll(() => {
  for (const folder of folders) fs.rmSync(folder, { recursive: true });
});

const lint = (files: Readonly<Record<string, string>>, today = '2026-01-01') =>
  lintRepository(repository(files), today);

const w = '.github/workflows/w.yml';
const sha = '0123456789abcdef0123456789abcdef01234567';
const good = `name: good
on: push
permissions: {}
concurrency: { group: "good-\${{ github.ref }}" }
jobs:
  a:
    runs-on: ubuntu-latest
    timeout-minutes: 5
    steps:
      - run: echo hello
`;
const job = (id: string, body: string) =>
  `  ${id}:\n    runs-on: ubuntu-latest\n    timeout-minutes: 5\n${body}`;
const steps = '    steps: [{ run: echo }]\n';

/** Twenty-odd mistakes as they happen: what is written, where it is found, by what. */
const mistakes: readonly [what: string, content: string, place: string][] = [
  ['a misspelt key', good.replace('runs-on', 'run-on'), '7:5 languageservice/error'],
  ['a misspelt event', good.replace('on: push', 'on: pushed'), '2:5 languageservice/error'],
  [
    'a misspelt activity',
    good.replace('on: push', 'on: { pull_request: { types: [open] } }'),
    '2:31 languageservice/error',
  ],
  [
    'a need that does not exist',
    good.replace('    steps', '    needs: b\n    steps'),
    '9:12 languageservice/error',
  ],
  ['a cycle', good.replace('    steps', '    needs: a\n    steps'), '9:12 languageservice/error'],
  [
    'a step that does not exist',
    `${good}      - run: echo \${{ steps.nope.outputs.x }}\n`,
    '11:23 actionlint/expression',
  ],
  [
    'a matrix value that does not exist',
    `${good}      - run: echo \${{ matrix.x }}\n`,
    '11:23 actionlint/expression',
  ],
  [
    'half an expression',
    `${good}      - run: echo \${{ github.sha == }}\n`,
    '11:19 languageservice/error',
  ],
  [
    'an unknown function',
    `${good}      - run: echo \${{ lower(github.sha) }}\n`,
    '11:19 languageservice/error',
  ],
  [
    'secrets in an if',
    good.replace('    steps', '    if: secrets.X\n    steps'),
    '9:9 languageservice/error',
  ],
  [
    'an impossible hour',
    good.replace('on: push', 'on:\n  schedule:\n    - cron: "0 60 * * *"'),
    '4:13 languageservice/error',
  ],
  [
    'a glob that matches nothing',
    good.replace('on: push', 'on:\n  push:\n    branches: ["[z-a]"]'),
    '4:20 actionlint/glob',
  ],
  [
    'a misspelt runner',
    good.replace('ubuntu-latest', 'ubuntu-lates'),
    '7:14 actionlint/runner-label',
  ],
  [
    'a misspelt scope',
    good.replace('permissions: {}', 'permissions: { content: read }'),
    '3:16 languageservice/error',
  ],
  [
    'an impossible permission',
    good.replace('permissions: {}', 'permissions: { contents: reed }'),
    '3:26 languageservice/error',
  ],
  ['an unknown shell', `${good}      - { run: x, shell: foosh }\n`, '11:26 actionlint/shell-name'],
  [
    'a misspelt input of an action',
    `${good}      - uses: actions/setup-node@${sha}\n      - { uses: actions/setup-node@v4, with: { node-versio: 20 } }\n`,
    '12:48 actionlint/action',
  ],
  [
    'a condition that is always true',
    `${good}      - { run: x, if: "\${{ false }} " }\n`,
    '11:23 actionlint/if-cond',
  ],
  [
    'a step id twice',
    `${good}      - { id: s, run: x }\n      - { id: s, run: x }\n`,
    '12:15 languageservice/error',
  ],
  ['a key twice', `${good}    timeout-minutes: 6\n`, '11:5 languageservice/error'],
  [
    'two filters that exclude each other',
    good.replace('on: push', 'on: { push: { branches: [a], branches-ignore: [b] } }'),
    '2:30 actionlint/events',
  ],
  [
    'a placeholder without a value',
    `${good}      - run: echo \${{ format('{0} {1}', 'a') }}\n`,
    '11:19 languageservice/error',
  ],
  [
    'an exclude that excludes nothing',
    good.replace(
      '    steps',
      '    strategy: { matrix: { os: [a], exclude: [{ oss: a }] } }\n    steps',
    ),
    '9:48 actionlint/matrix',
  ],
  ['a tab', good.replace('    runs-on', '\truns-on'), '7:1 languageservice/error'],
  [
    'the title of a pull request in a script',
    `${good}      - run: echo \${{ github.event.pull_request.title }}\n`,
    '11:19 script-injection',
  ],
  [
    'a job read without needing it',
    good + job('b', `    needs: [a]\n    if: needs.c.result == 'success'\n${steps}`),
    '15:9 missing-need',
  ],
  [
    'an output that is declared nowhere',
    good + job('b', '    needs: [a]\n    steps: [{ run: "echo ${{ needs.a.outputs.foo }}" }]\n'),
    '15:26 undeclared-output',
  ],
  [
    'a workflow_run of nobody',
    good.replace('on: push', 'on: { workflow_run: { workflows: [Goood] } }'),
    '2:35 unknown-workflow-run',
  ],
  [
    'a job no event runs',
    good.replace('    steps', "    if: github.event_name == 'schedule'\n    steps"),
    '6:3 unreachable-job',
  ],
  ['a moving tag', `${good}      - uses: some/action@v1\n`, '11:15 unpinned-action'],
];

it.each(mistakes)('finds %s, once', async (_what, content, place) => {
  const { open } = await lint({ [w]: content });
  const places = open.map(({ line, column, rule }) => `${line}:${column} ${rule}`);
  // Pinning is a finding of its own wherever a known action has to be named by its version.
  const relevant = place.includes('unpinned')
    ? places
    : places.filter((p) => !p.includes('unpinned'));
  expect(relevant).toEqual([place]);
});

describe('raises no false alarm', () => {
  it.each([
    ['ubuntu-slim', good.replace('ubuntu-latest', 'ubuntu-slim')],
    ['an arm runner', good.replace('ubuntu-latest', 'ubuntu-24.04-arm')],
    ['a newer image', good.replace('ubuntu-latest', 'macos-26')],
    ["a runner of one's own", good.replace('ubuntu-latest', 'build-farm-large')],
    [
      'artifact-metadata and models',
      good.replace(
        '    steps',
        '    permissions: { artifact-metadata: write, models: read }\n    steps',
      ),
    ],
    ['case()', `${good}      - run: echo \${{ case(github.ref == 'x', 'a', 'b') }}\n`],
    ['snapshot', good.replace('    steps', '    snapshot: my-image\n    steps')],
    ['an alias', `${good}      - run: &x echo\n      - run: *x\n`],
    [
      'environment without deployment',
      good.replace('    steps', '    environment: { name: x, deployment: false }\n    steps'),
    ],
    [
      'concurrency with a queue',
      good.replace('    steps', '    concurrency: { group: other, queue: max }\n    steps'),
    ],
    [
      'a branch that is only compared',
      `${good}      - run: echo \${{ github.ref == 'refs/heads/main' && 'a' || 'b' }}\n`,
    ],
    [
      'a boolean input in a script',
      good
        .replace('on: push', 'on: { workflow_dispatch: { inputs: { dry: { type: boolean } } } }')
        .replace('echo hello', 'echo ${{ inputs.dry }}'),
    ],
    ['a sha in a script', `${good}      - run: echo \${{ github.sha }}\n`],
    [
      'a program that may write the output',
      good
        .replace('    steps', '    outputs: { x: "${{ steps.s.outputs.x }}" }\n    steps')
        .replace('- run: echo hello', '- { id: s, run: npx nx run ci:plan }'),
    ],
    [
      'an artifact whose name has a matrix in it',
      good.replace('    steps', '    strategy: { matrix: { n: [1] } }\n    steps') +
        `      - { uses: "actions/upload-artifact@${sha}", with: { name: "r-\${{ matrix.n }}", path: x } }\n` +
        job(
          'b',
          `    needs: a\n    steps: [{ uses: "actions/download-artifact@${sha}", with: { name: r-1 } }]\n`,
        ),
    ],
  ])('%s', async (_name, content) => {
    expect((await lint({ [w]: content })).open).toEqual([]);
  });

  it('a reference to its own repository by $/', async () => {
    const content = good.replace('- run: echo hello', '- uses: $/.github/actions/setup');
    const action =
      'name: s\ndescription: s\nruns: { using: composite, steps: [{ run: x, shell: bash }] }\n';
    expect((await lint({ [w]: content, '.github/actions/setup/action.yml': action })).open).toEqual(
      [],
    );
  });
});

describe('waivers', () => {
  const waiver = {
    rule: 'unpinned-action',
    reason: 'the commit is not known yet',
    owner: 'delivery',
    expires: '2026-06-30',
  };
  const config = (...waivers: object[]) => ({
    '.github/ci-lint.json': JSON.stringify({ waivers }),
  });
  const content = `${good}      - uses: some/action@v1\n`;

  it('hold a finding back until their last day, and name it', async () => {
    const report = await lint({ [w]: content, ...config(waiver) }, '2026-06-30');
    expect(report.open).toEqual([]);
    expect(report.waived).toHaveLength(1);
  });

  it('give the finding back the day after, and are a finding themselves', async () => {
    const report = await lint({ [w]: content, ...config(waiver) }, '2026-07-01');
    expect(report.open.map(({ rule }) => rule)).toEqual(['unpinned-action', 'expired-waiver']);
  });

  it('that hold nothing back are a finding', async () => {
    const report = await lint({ [w]: good, ...config(waiver) });
    expect(report.open.map(({ rule }) => rule)).toEqual(['unused-waiver']);
  });

  it('need a reason, an owner and a date', async () => {
    await expect(lint({ [w]: good, ...config({ rule: 'x' }) })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });
});

it('reports a file it refuses to read and goes on with the others', async () => {
  const bomb = `on: push\nx: ${'['.repeat(5000)}\n`;
  const report = await lint({ [w]: good, '.github/workflows/bomb.yml': bomb });
  expect(report.open).toMatchObject([
    { rule: 'unreadable-file', path: '.github/workflows/bomb.yml' },
  ]);
});

it('writes findings as SARIF with the place and the level', async () => {
  const { open } = await lint({ [w]: `${good}      - uses: some/action@v1\n` });
  expect(toSarif(open)).toMatchObject({
    version: '2.1.0',
    runs: [
      {
        results: [
          {
            ruleId: 'unpinned-action',
            level: 'error',
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: w },
                  region: { startLine: 11, startColumn: 15 },
                },
              },
            ],
          },
        ],
      },
    ],
  });
});
