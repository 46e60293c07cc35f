import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseWorkflow, type Workflow } from '@prompt-card/workflow';
import { localEvent } from './local-event.ts';
import { runSummary } from './run-summary.ts';
import { runWorkflow, type RunReport, type RunRequest } from './run-workflow.ts';

let root: string;
let output: string[];

const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
    cwd: path.join(root, 'repository'),
    encoding: 'utf8',
  }).trim();

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'run-'));
  output = [];
  fs.mkdirSync(path.join(root, 'repository'));
  git('init', '-q', '-b', 'main');
});
jest.setTimeout(30_000);

afterEach(() => {
  fs.rmSync(root, { recursive: true, force: true });
});

interface Setup {
  readonly event?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly request?: Partial<RunRequest>;
  readonly inputs?: Record<string, string>;
}

/** Commits the workflow with its files and runs it. */
async function run(content: string, setup: Setup = {}): Promise<RunReport> {
  const repository = path.join(root, 'repository');
  const files = { '.github/workflows/w.yml': content, ...setup.files };
  const workflows: Workflow[] = [];
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(repository, name)), { recursive: true });
    fs.writeFileSync(path.join(repository, name), text);
    if (name.startsWith('.github/workflows/')) workflows.push(await parseWorkflow(name, text));
  }
  git('add', '.');
  git('commit', '-q', '--allow-empty', '-m', 'a commit');
  const commit = git('rev-parse', 'HEAD');
  const event = await localEvent(repository, {
    name: setup.event ?? 'push',
    commit,
    base: 'main',
    inputs: setup.inputs ?? {},
  });
  const [workflow] = workflows;
  if (workflow === undefined) throw new Error('no workflow');
  expect(workflow.problems).toEqual([]);
  return runWorkflow({
    repository,
    commit,
    workflow,
    find: (file) => workflows.find((item) => item.path === file),
    event,
    secrets: {},
    vars: {},
    actionMap: {},
    runsFolder: path.join(root, 'runs'),
    parallel: 2,
    signal: new AbortController().signal,
    graceMs: 200,
    print: (line) => output.push(line),
    ...setup.request,
  });
}

const results = (report: RunReport) =>
  Object.fromEntries(report.jobs.map(({ id, result }) => [id, result]));
const printed = () => output.join('\n');
const one = (steps: string, job = '') =>
  `on: push\njobs:\n  a:\n    runs-on: x\n${job}    steps:\n${steps}`;

describe('a run', () => {
  it('hands outputs from step to job to the next job', async () => {
    const report = await run(`on: push
jobs:
  a:
    runs-on: x
    outputs: { name: '\${{ steps.s.outputs.name }}' }
    steps: [{ id: s, run: 'echo name=Mona >> "$GITHUB_OUTPUT"' }]
  b:
    needs: a
    runs-on: x
    steps: [{ run: 'echo "hello $NAME"', env: { NAME: '\${{ needs.a.outputs.name }}' } }]
`);
    expect(results(report)).toEqual({ a: 'success', b: 'success' });
    expect(printed()).toContain('hello Mona');
  });

  it('takes the failure of a step for the job, skips what follows, runs always()', async () => {
    const report = await run(
      one(
        '      - run: exit 3\n      - run: echo not this\n      - { if: always(), run: echo but this }\n',
      ),
    );
    expect(report.conclusion).toBe('failure');
    expect(report.jobs[0]?.reason).toBe('exit 3: exit code 3');
    expect(printed()).toContain('but this');
    expect(printed()).not.toContain('│ not this');
  });

  it('separates outcome and conclusion under continue-on-error', async () => {
    const report = await run(
      one(`      - { id: s, run: exit 1, continue-on-error: true }
      - run: echo "\${{ steps.s.outcome }} \${{ steps.s.conclusion }} \${{ job.status }}"
`),
    );
    expect(report.conclusion).toBe('success');
    expect(printed()).toContain('failure success success');
  });

  it('layers the environment: workflow, job, GITHUB_ENV, step', async () => {
    await run(`on: push
env: { A: workflow, B: workflow, C: workflow, D: workflow }
jobs:
  a:
    runs-on: x
    env: { B: job, C: job, D: job }
    steps:
      - run: |
          echo C=file >> "$GITHUB_ENV"
          echo D=file >> "$GITHUB_ENV"
          printf 'E<<END\\ntwo\\nlines\\nEND\\n' >> "$GITHUB_ENV"
      - { run: 'echo "$A $B $C $D $E"', env: { D: step } }
      - run: echo "\${{ env.C }}"
`);
    expect(printed()).toContain('│ workflow job file step two\na │ lines');
    expect(printed()).toMatch(/│ file/);
  });

  it('puts GITHUB_PATH in front', async () => {
    await run(
      one(`      - run: mkdir bin && printf '#!/bin/sh\\necho mine' > bin/tool && chmod +x bin/tool && echo "$PWD/bin" >> "$GITHUB_PATH"
      - run: tool
`),
    );
    expect(printed()).toContain('│ mine');
  });

  it('fails a step whose GITHUB_ENV is no list of values', async () => {
    const report = await run(one('      - run: echo nonsense >> "$GITHUB_ENV"\n'));
    expect(report.jobs[0]?.reason).toContain('neither name=value');
  });

  it('stops at the first failing command of a pipe under shell: bash', async () => {
    const loose = await run(one('      - run: false | true\n'));
    expect(loose.conclusion).toBe('success');
    const strict = await run(one('      - { run: false | true, shell: bash }\n'));
    expect(strict.conclusion).toBe('failure');
  });

  it('does not start for an event its filters leave out', async () => {
    const report = await run(
      'on: { push: { branches: [other] } }\njobs: { a: { runs-on: x, steps: [{ run: exit }] } }',
    );
    expect(report).toMatchObject({
      conclusion: 'not started',
      reason: 'branch main matches none of other',
    });
  });

  it('skips a job by its if and says why', async () => {
    const report = await run(
      one('      - run: exit 1\n', "    if: github.ref == 'refs/heads/x'\n"),
    );
    expect(report.conclusion).toBe('skipped');
    expect(printed()).toContain("github.ref is 'refs/heads/main'");
  });

  it('takes the inputs of a dispatch with their types', async () => {
    const report = await run(
      `on: { workflow_dispatch: { inputs: { go: { type: boolean } } } }
jobs: { a: { runs-on: x, if: inputs.go, steps: [{ run: echo went }] } }`,
      { event: 'workflow_dispatch', inputs: { go: 'true' } },
    );
    expect(results(report)).toEqual({ a: 'success' });
  });
});

describe('a matrix', () => {
  it('comes from the output of another job', async () => {
    const report = await run(`on: push
jobs:
  plan:
    runs-on: x
    outputs: { m: '\${{ steps.s.outputs.m }}' }
    steps: [{ id: s, run: "echo 'm={\\"n\\":[1,2],\\"include\\":[{\\"n\\":3}]}' >> \\"$GITHUB_OUTPUT\\"" }]
  a:
    needs: plan
    runs-on: x
    strategy: { matrix: '\${{ fromJSON(needs.plan.outputs.m) }}' }
    steps: [{ run: 'echo "n is \${{ matrix.n }} of \${{ strategy.job-total }}"' }]
`);
    expect(report.conclusion).toBe('success');
    for (const n of [1, 2, 3]) expect(printed()).toContain(`n is ${n} of 3`);
  });

  it('cancels its other instances when one fails, unless told not to', async () => {
    const content = (failFast: boolean) =>
      one(
        '      - { if: matrix.n == 1, run: exit 1 }\n      - { if: matrix.n == 2, run: exec sleep 2 }\n',
        `    strategy: { fail-fast: ${failFast}, matrix: { n: [1, 2] } }\n`,
      );
    const fast = await run(content(true));
    expect(fast.jobs[0]?.instances.map(({ result }) => result)).toEqual(['failure', 'cancelled']);
    const patient = await run(content(false));
    expect(patient.jobs[0]?.instances.map(({ result }) => result)).toEqual(['failure', 'success']);
  });
});

describe('actions', () => {
  it('composite: inputs with defaults, outputs, own steps', async () => {
    const report = await run(
      one(`      - { uses: actions/checkout@v7, with: { persist-credentials: false } }
      - { id: g, uses: ./.github/actions/greet, with: { who: Mona } }
      - run: echo "it said \${{ steps.g.outputs.text }}"
`),
      {
        files: {
          '.github/actions/greet/action.yml': `name: greet
description: greets
inputs: { who: { required: true }, greeting: { default: hello } }
outputs: { text: { value: '\${{ steps.s.outputs.text }}' } }
runs:
  using: composite
  steps:
    - { id: s, shell: bash, run: 'echo "text=$G $W" >> "$GITHUB_OUTPUT"', env: { G: '\${{ inputs.greeting }}', W: '\${{ inputs.who }}' } }
`,
        },
      },
    );
    expect(report.conclusion).toBe('success');
    expect(printed()).toContain('it said hello Mona');
  });

  it('JavaScript: runs for real, with its inputs, its state and its post step', async () => {
    await run(
      one(
        '      - uses: actions/checkout@v7\n      - { uses: ./act, with: { some-input: value } }\n      - run: echo between\n',
      ),
      {
        files: {
          'act/action.yml':
            'name: a\ndescription: a\ninputs: { some-input: {} }\nruns: { using: node20, main: main.js, post: post.js }\n',
          'act/main.js':
            "const fs = require('fs'); console.log('main ' + process.env['INPUT_SOME-INPUT']); fs.appendFileSync(process.env.GITHUB_STATE, 'k=kept\\n');",
          'act/post.js': "console.log('post ' + process.env.STATE_k);",
        },
      },
    );
    const text = printed();
    expect(text.indexOf('main value')).toBeLessThan(text.indexOf('│ between'));
    expect(text.indexOf('│ between')).toBeLessThan(text.indexOf('post kept'));
  });

  it('of others are left out, by name and with the reason', async () => {
    const report = await run(one('      - uses: some/action@v1\n      - run: echo after\n'));
    expect(report.conclusion).toBe('success');
    expect(runSummary(report)).toContain('actions left out: some/action@v1');
  });

  it('of others can be mapped to a local one', async () => {
    await run(one('      - uses: some/action@v1\n'), {
      files: {
        'local/action.yml':
          'name: l\ndescription: l\nruns: { using: composite, steps: [{ run: echo instead, shell: bash }] }\n',
      },
      request: { actionMap: { 'some/action': 'local' } },
    });
    expect(printed()).toContain('│ instead');
  });

  it('checkout gives a clean copy of the commit and leaves the repository as it is', async () => {
    const repository = path.join(root, 'repository');
    fs.writeFileSync(path.join(repository, 'uncommitted.txt'), 'x');
    git('config', 'status.showUntrackedFiles', 'all');
    await run(
      one('      - uses: actions/checkout@v7\n      - run: ls && echo changed > file.txt\n'),
      {
        files: { 'file.txt': 'committed' },
      },
    );
    expect(fs.readFileSync(path.join(repository, 'file.txt'), 'utf8')).toBe('committed');
    expect(git('status', '--porcelain')).toBe('');
    expect(git('worktree', 'list').split('\n')).toHaveLength(1);
  });

  it('artifacts go from job to job; hidden files only when asked for', async () => {
    const report = await run(`on: push
jobs:
  a:
    runs-on: x
    steps:
      - run: mkdir -p out/sub && echo 1 > out/a && echo 2 > out/sub/b && echo 3 > out/.hidden
      - { uses: actions/upload-artifact@v7, with: { name: built, path: out } }
  b:
    needs: a
    runs-on: x
    steps:
      - { uses: actions/download-artifact@v8, with: { name: built, path: in } }
      - run: test -f in/a && test -f in/sub/b && test ! -e in/.hidden
      - { uses: actions/download-artifact@v8, with: { name: missing }, continue-on-error: true }
`);
    expect(results(report)).toEqual({ a: 'success', b: 'success' });
    expect(printed()).toContain('no artifact named missing');
  });

  it('a cache that was saved is there in the next run', async () => {
    const content =
      one(`      - { id: c, uses: actions/cache@v6, with: { path: store, key: "k-1" } }
      - { if: steps.c.outputs.cache-hit != 'true', run: mkdir store && echo kept > store/file }
      - run: cat store/file && echo "hit \${{ steps.c.outputs.cache-hit }}"
`);
    await run(content);
    await run(content);
    expect(printed()).toContain('hit false');
    expect(printed()).toContain('hit true');
  });
});

describe('called workflows', () => {
  it('get inputs and give outputs', async () => {
    const report = await run(
      `on: push
jobs:
  call: { uses: ./.github/workflows/called.yml, with: { n: 2 } }
  after: { needs: call, runs-on: x, steps: [{ run: 'echo "twice is \${{ needs.call.outputs.twice }}"' }] }
`,
      {
        files: {
          '.github/workflows/called.yml': `on:
  workflow_call:
    inputs: { n: { type: number, required: true } }
    outputs: { twice: { value: '\${{ jobs.a.outputs.t }}' } }
jobs:
  a:
    runs-on: x
    outputs: { t: '\${{ steps.s.outputs.t }}' }
    steps: [{ id: s, run: 'echo "t=$((N * 2))" >> "$GITHUB_OUTPUT"', env: { N: '\${{ inputs.n }}' } }]
`,
        },
      },
    );
    expect(report.conclusion).toBe('success');
    expect(printed()).toContain('twice is 4');
  });
});

describe('secrets', () => {
  it('are masked wherever they appear, and so is what add-mask names', async () => {
    const report = await run(
      one(`      - { run: 'echo "x $S y"', env: { S: '\${{ secrets.TOKEN }}' } }
      - run: echo "::add-mask::another" && echo "and another one"
`),
      { request: { secrets: { TOKEN: 'very-secret' } } },
    );
    const log = fs.readFileSync(report.jobs[0]?.instances[0]?.log ?? '', 'utf8');
    for (const text of [printed(), log]) {
      expect(text).toContain('x *** y');
      expect(text).toContain('and *** one');
      expect(text).not.toContain('very-secret');
    }
  });

  it('do not leave a job as an output', async () => {
    const report = await run(
      one('      - run: echo\n', "    outputs: { t: 'a ${{ secrets.TOKEN }}', u: fine }\n")
        .replace('secrets.TOKEN', 'steps.s.outputs.t')
        .replace(
          '- run: echo',
          '- { id: s, run: \'echo "t=$S" >> "$GITHUB_OUTPUT"\', env: { S: "${{ secrets.TOKEN }}" } }',
        ),
      { request: { secrets: { TOKEN: 'very-secret' } } },
    );
    expect(report.jobs[0]?.outputs).toEqual({ u: 'fine' });
  });

  it('of the caller’s own shell stay out', async () => {
    process.env['MY_PRIVATE_KEY'] = 'private';
    try {
      await run(one('      - run: env\n'));
    } finally {
      delete process.env['MY_PRIVATE_KEY'];
    }
    expect(printed()).not.toContain('MY_PRIVATE_KEY');
  });
});

/** Whether a process with this text in its command line runs. */
const isRunning = (text: string) =>
  fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
      } catch {
        // It ended while it was looked for.
        return false;
      }
    });

describe('hostile steps', () => {
  it('a step that ignores SIGTERM ends at its timeout', async () => {
    const report = await run(
      one(
        '      - { timeout-minutes: 0.005, run: "trap \'\' TERM; while true; do sleep 0.1; done" }\n',
      ),
    );
    expect(report.jobs[0]?.reason).toContain('timed out');
  });

  it('a job ends at its timeout, and its always() step still runs', async () => {
    const report = await run(
      one(
        '      - run: exec sleep 30\n      - { if: always(), run: echo tidied }\n',
        '    timeout-minutes: 0.005\n',
      ),
    );
    expect(report.jobs[0]).toMatchObject({ result: 'cancelled' });
    expect(printed()).toContain('│ tidied');
  });

  it('processes that leave their group do not outlive the run', async () => {
    const report = await run(
      one(`      - run: |
          setsid sh -c 'touch gone; exec sleep 4711' > /dev/null 2>&1 &
          until test -e gone; do :; done
`),
    );
    expect(report.conclusion).toBe('success');
    expect(report.leftOver).toBe(1);
    expect(isRunning('4711')).toBe(false);
  });

  it('a background process that holds the pipes does not hold the step', async () => {
    const report = await run(one('      - run: sleep 4712 & echo done\n'));
    expect(report.conclusion).toBe('success');
    expect(isRunning('4712')).toBe(false);
  });

  it('a step that prints 50 MB keeps a bounded log', async () => {
    const report = await run(
      one('      - run: yes 0123456789012345678901234567890123456789 | head -c 50000000\n'),
    );
    expect(report.conclusion).toBe('success');
    const size = fs.statSync(report.jobs[0]?.instances[0]?.log ?? '').size;
    expect(size).toBeLessThan(33 * 1024 * 1024);
    expect(output.length).toBeLessThan(2100);
  });

  it('a line without an end is cut', async () => {
    const report = await run(one('      - run: head -c 5000000 /dev/zero | tr "\\0" x\n'));
    expect(report.conclusion).toBe('success');
    expect(Math.max(...output.map(({ length }) => length))).toBeLessThan(70_000);
  });

  it('text of a pull request stays text', async () => {
    await run(
      `on: pull_request\njobs: { a: { runs-on: x, steps: [{ run: 'echo "title: $T"', env: { T: '\${{ github.event.pull_request.title }}; $(touch hacked)' } }, { run: 'ls' }] } }`,
      { event: 'pull_request' },
    );
    expect(printed()).toContain('$(touch hacked)');
    expect(printed()).not.toMatch(/│ hacked/);
  });

  it('stop-commands turns commands off until its token', async () => {
    await run(
      one(
        '      - run: |\n          echo "::stop-commands::tok"\n          echo "::add-mask::hello"\n          echo "::tok::"\n          echo hello\n',
      ),
    );
    expect(printed()).toContain('│ hello');
  });
});

describe('cancellation', () => {
  it('ends the step, skips what follows, runs always() and concludes cancelled', async () => {
    const controller = new AbortController();
    const report = await run(
      one(
        '      - run: echo started; exec sleep 30\n      - run: echo never\n      - { if: always(), run: echo tidied }\n',
      ),
      {
        request: {
          signal: controller.signal,
          print: (line) => {
            output.push(line);
            if (line.endsWith('│ started')) controller.abort();
          },
        },
      },
    );
    expect(report.conclusion).toBe('cancelled');
    expect(printed()).toContain('│ tidied');
    expect(printed()).not.toContain('│ never');
  });
});

describe('what a killed run left behind', () => {
  it('is removed by the next one, but for its logs', async () => {
    const abandoned = path.join(root, 'runs', 'earlier');
    fs.mkdirSync(path.join(abandoned, 'jobs', 'a'), { recursive: true });
    fs.mkdirSync(path.join(abandoned, 'logs'));
    // No process has this number: it is above every limit.
    fs.writeFileSync(path.join(abandoned, 'pid'), '99999999');
    await run(one('      - run: echo\n'));
    expect(fs.readdirSync(abandoned).sort()).toEqual(['logs', 'pid']);
  });
});

describe('concurrency', () => {
  it('jobs of one group run one after the other', async () => {
    const job = (id: string) =>
      `  ${id}: { runs-on: x, concurrency: g, steps: [{ run: 'test ! -e ${root}/lock && touch ${root}/lock && sleep 0.2 && rm ${root}/lock' }] }\n`;
    const report = await run(`on: push\njobs:\n${job('a')}${job('b')}`);
    expect(results(report)).toEqual({ a: 'success', b: 'success' });
  });
});
