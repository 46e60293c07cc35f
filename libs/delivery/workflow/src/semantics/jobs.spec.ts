import { plan, push, results } from '../testing/workflows.ts';
import type { Scenario } from '../plan.ts';

const job = (id: string, body = '') =>
  `  ${id}: {runs-on: ubuntu-latest, steps: [{run: 'true'}]${body === '' ? '' : `, ${body}`}}\n`;
const workflow = (...jobs: string[]) => `on: push\njobs:\n${jobs.join('')}`;
const fails = (...ids: string[]): Partial<Scenario> => ({
  jobs: Object.fromEntries(ids.map((id) => [id, { result: 'failure' }])),
});

type Row = readonly [
  rule: string,
  content: string,
  scenario: Partial<Scenario>,
  expected: Record<string, string>,
];

/** Rules of "Workflow syntax" (jobs.<job_id>.needs, .if) and "Status check functions". */
const rows: readonly Row[] = [
  ['jobs without needs run', workflow(job('a'), job('b')), {}, { a: 'success', b: 'success' }],
  [
    'needs: a job that fails skips the jobs that need it',
    workflow(job('a'), job('b', 'needs: a')),
    fails('a'),
    { a: 'failure', b: 'skipped' },
  ],
  [
    'needs: a skipped job skips the jobs that need it',
    workflow(job('a', "if: github.ref == 'x'"), job('b', 'needs: a')),
    {},
    { a: 'skipped', b: 'skipped' },
  ],
  [
    'needs: the skip applies to all jobs in the chain from the point of failure',
    workflow(job('a'), job('b', 'needs: a'), job('c', 'needs: b')),
    fails('a'),
    { a: 'failure', b: 'skipped', c: 'skipped' },
  ],
  [
    'needs: one failure among several is enough',
    workflow(job('a'), job('b'), job('c', 'needs: [a, b]')),
    fails('b'),
    { a: 'success', b: 'failure', c: 'skipped' },
  ],
  [
    'needs: always() runs whatever happened before',
    workflow(job('a'), job('b', 'needs: a, if: always()')),
    fails('a'),
    { a: 'failure', b: 'success' },
  ],
  [
    'success(): a skipped ancestor above an always() job still skips the job after it',
    workflow(
      job('a', "if: github.ref == 'x'"),
      job('b', 'needs: a, if: always()'),
      job('c', 'needs: b'),
    ),
    {},
    { a: 'skipped', b: 'success', c: 'skipped' },
  ],
  [
    'success(): a failed ancestor above an always() job still skips the job after it',
    workflow(job('a'), job('b', 'needs: a, if: always()'), job('c', 'needs: b')),
    fails('a'),
    { a: 'failure', b: 'success', c: 'skipped' },
  ],
  [
    'an if without a status function is combined with success()',
    workflow(job('a'), job('b', "needs: a, if: github.ref == 'refs/heads/main'")),
    fails('a'),
    { a: 'failure', b: 'skipped' },
  ],
  [
    'an if with a status function is not combined with success()',
    workflow(job('a'), job('b', "needs: a, if: always() && github.ref == 'refs/heads/main'")),
    fails('a'),
    { a: 'failure', b: 'success' },
  ],
  [
    'a status function anywhere in the if counts, also under a negation',
    workflow(job('a'), job('b', "needs: a, if: '!cancelled()'")),
    fails('a'),
    { a: 'failure', b: 'success' },
  ],
  [
    'a status function as an argument counts',
    workflow(job('a'), job('b', 'needs: a, if: "contains(toJSON(always()), \'true\')"')),
    fails('a'),
    { a: 'failure', b: 'success' },
  ],
  [
    'the word always() inside a string is no status function',
    workflow(job('a'), job('b', 'needs: a, if: "github.ref != \'always()\'"')),
    fails('a'),
    { a: 'failure', b: 'skipped' },
  ],
  [
    'failure(): true when an ancestor failed',
    workflow(job('a'), job('b', 'needs: a, if: failure()')),
    fails('a'),
    { a: 'failure', b: 'success' },
  ],
  [
    'failure(): false when all succeeded',
    workflow(job('a'), job('b', 'needs: a, if: failure()')),
    {},
    { a: 'success', b: 'skipped' },
  ],
  [
    'failure(): any ancestor in a chain counts',
    workflow(job('a'), job('b', 'needs: a'), job('c', 'needs: b, if: failure()')),
    fails('a'),
    { a: 'failure', b: 'skipped', c: 'success' },
  ],
  [
    'failure(): false when jobs were only skipped',
    workflow(job('a', 'if: false'), job('b', 'needs: a, if: failure()')),
    {},
    { a: 'skipped', b: 'skipped' },
  ],
  [
    'failure() && a condition',
    workflow(job('a'), job('b', "needs: a, if: failure() && github.ref == 'x'")),
    fails('a'),
    { a: 'failure', b: 'skipped' },
  ],
  [
    'success() || failure() leaves out skipped ancestors',
    workflow(job('a', 'if: false'), job('b', 'needs: a, if: success() || failure()')),
    {},
    { a: 'skipped', b: 'skipped' },
  ],
  [
    'needs.<id>.result: success, failure, cancelled or skipped',
    workflow(
      job('a', 'if: false'),
      job('b', "needs: a, if: always() && needs.a.result == 'skipped'"),
    ),
    {},
    { a: 'skipped', b: 'success' },
  ],
  [
    'needs.*.result through an object filter',
    workflow(
      job('a'),
      job('b'),
      job('c', 'needs: [a, b], if: "always() && !contains(needs.*.result, \'failure\')"'),
    ),
    fails('b'),
    { a: 'success', b: 'failure', c: 'skipped' },
  ],
  [
    'needs holds only direct needs',
    workflow(job('a'), job('b', 'needs: a'), job('c', "needs: b, if: needs.a.result == 'success'")),
    {},
    { a: 'success', b: 'success', c: 'skipped' },
  ],
  [
    'a result that does not exist is null, so that comparing it with success fails',
    workflow(job('a'), job('b', "if: needs.a.result == 'success'")),
    {},
    { a: 'success', b: 'skipped' },
  ],
  [
    'continue-on-error: the run passes and later jobs run when this job fails',
    workflow(job('a', 'continue-on-error: true'), job('b', 'needs: a')),
    fails('a'),
    { a: 'success', b: 'success' },
  ],
  [
    'continue-on-error takes an expression',
    workflow(
      job('a', 'continue-on-error: "${{ github.ref == \'refs/heads/main\' }}"'),
      job('b', 'needs: a'),
    ),
    fails('a'),
    { a: 'success', b: 'success' },
  ],
  [
    'cancelled(): true when the run was cancelled',
    workflow(job('a', 'if: cancelled()')),
    { isCancelled: true },
    { a: 'success' },
  ],
  [
    'cancellation skips jobs that ask for success',
    workflow(job('a'), job('b', 'needs: a')),
    { isCancelled: true },
    { a: 'skipped', b: 'skipped' },
  ],
  [
    'always(): true even when the run was cancelled',
    workflow(job('a', 'if: always()')),
    { isCancelled: true },
    { a: 'success' },
  ],
  [
    'a cancelled need is no success and no failure',
    workflow(job('a'), job('b', 'needs: a'), job('c', 'needs: a, if: failure()')),
    { jobs: { a: { result: 'cancelled' } } },
    { a: 'cancelled', b: 'skipped', c: 'skipped' },
  ],
  ['if: false skips', workflow(job('a', 'if: false')), {}, { a: 'skipped' }],
  ['if: true runs', workflow(job('a', 'if: true')), {}, { a: 'success' }],
  [
    'an if in braces means the same',
    workflow(job('a', 'if: "${{ github.ref == \'refs/heads/main\' }}"')),
    {},
    { a: 'success' },
  ],
  ['the empty text is false', workflow(job('a', 'if: github.head_ref')), {}, { a: 'skipped' }],
  [
    'an if with text around braces is a non-empty text and so always true',
    workflow(job('a', 'if: "${{ github.ref == \'x\' }} "')),
    {},
    { a: 'success' },
  ],
  [
    'outputs of a need decide',
    workflow(job('a'), job('b', "needs: a, if: needs.a.outputs.go == 'true'")),
    { jobs: { a: { outputs: { go: 'true' } } } },
    { a: 'success', b: 'success' },
  ],
  [
    'an output that was not set is empty',
    workflow(job('a'), job('b', "needs: a, if: needs.a.outputs.go == 'true'")),
    {},
    { a: 'success', b: 'skipped' },
  ],
  [
    'vars may be used in the if of a job',
    workflow(job('a', "if: vars.ON == 'yes'")),
    { vars: { ON: 'yes' } },
    { a: 'success' },
  ],
  [
    'a matrix from fromJSON of an output',
    workflow(
      job('a'),
      job('b', 'needs: a, strategy: {matrix: "${{ fromJSON(needs.a.outputs.m) }}"}'),
    ),
    { jobs: { a: { outputs: { m: '{"x":[1,2]}' } } } },
    { a: 'success', b: 'success' },
  ],
  [
    'an empty vector from fromJSON fails the job',
    workflow(
      job('a'),
      job('b', 'needs: a, strategy: {matrix: {x: "${{ fromJSON(needs.a.outputs.m) }}"}}'),
    ),
    { jobs: { a: { outputs: { m: '[]' } } } },
    { a: 'success', b: 'failure' },
  ],
  [
    'an empty vector does not matter when the if is false',
    workflow(
      job('a'),
      job(
        'b',
        'needs: a, if: "needs.a.outputs.m != \'[]\'", strategy: {matrix: {x: "${{ fromJSON(needs.a.outputs.m) }}"}}',
      ),
    ),
    { jobs: { a: { outputs: { m: '[]' } } } },
    { a: 'success', b: 'skipped' },
  ],
  [
    'fromJSON of what is no JSON fails the job',
    workflow(
      job('a'),
      job('b', 'needs: a, strategy: {matrix: "${{ fromJSON(needs.a.outputs.m) }}"}'),
    ),
    { jobs: { a: { outputs: { m: 'nonsense' } } } },
    { a: 'success', b: 'failure' },
  ],
];

it.each(rows)('%s', async (_rule, content, scenario, expected) => {
  expect(results((await plan(content, scenario)).jobs)).toEqual(expected);
});

describe('the reasons', () => {
  const reasonOf = async (content: string, id: string, scenario: Partial<Scenario> = {}) =>
    (await plan(content, scenario)).jobs.find((candidate) => candidate.id === id)?.reason;

  it('names the operand that is false, with the values it compared', async () => {
    const content = workflow(
      job('a', "if: github.event_name == 'push' && github.ref == 'refs/heads/other'"),
    );
    expect(await reasonOf(content, 'a')).toBe(
      "if: github.ref == 'refs/heads/other' (github.ref is 'refs/heads/main')",
    );
  });

  it('names the job further up whose failure spread', async () => {
    const content = workflow(job('a'), job('b', 'needs: a'), job('c', 'needs: b'));
    expect(await reasonOf(content, 'c', fails('a'))).toBe(
      'not every job before it succeeded: b is skipped, a is failure (further up)',
    );
  });

  it('says which output it had to assume empty', async () => {
    const content = workflow(job('a'), job('b', "needs: a, if: needs.a.outputs.go == 'true'"));
    const jobs = (await plan(content)).jobs;
    expect(jobs.find(({ id }) => id === 'b')?.assumed).toEqual(['needs.a.outputs.go']);
  });

  it('says what an unknown matrix waits for', async () => {
    const content = workflow(
      job('a'),
      job('b', 'needs: a, strategy: {matrix: "${{ fromJSON(needs.a.outputs.m) }}"}'),
    );
    const jobs = (await plan(content)).jobs;
    expect(jobs.find(({ id }) => id === 'b')?.unknownMatrix).toBe('needs.a.outputs.m');
  });

  it('names instances as GitHub does', async () => {
    const content = workflow(
      job('a', 'strategy: {matrix: {node: [20, 24], os: [linux]}}'),
      job('b', "strategy: {matrix: {node: [20]}}, name: 'b on ${{ matrix.node }}'"),
    );
    const jobs = (await plan(content)).jobs;
    expect(jobs.flatMap((planned) => planned.instances.map(({ name }) => name))).toEqual([
      'a (20, linux)',
      'a (24, linux)',
      'b on 20',
    ]);
  });
});

describe('a workflow GitHub would refuse does not start', () => {
  it.each([
    [
      'Context availability: secrets is not available in the if of a job',
      job('a', "if: secrets.X != ''"),
    ],
    ['Context availability: env is not available in the if of a job', job('a', "if: env.X == ''")],
    ['Context availability: matrix is not available in the if of a job', job('a', 'if: matrix.x')],
    [
      'Context availability: steps is not available in the if of a job',
      job('a', 'if: steps.x.outputs.y'),
    ],
    [
      'Context availability: secrets is not available in the if of a step',
      '  a: {runs-on: x, steps: [{run: x, if: secrets.X}]}\n',
    ],
    [
      'Context availability: runner is not available in the env of a job',
      job('a', "env: {X: '${{ runner.os }}'}"),
    ],
    [
      'Context availability: hashFiles is not available in a job name',
      job('a', 'name: "${{ hashFiles(\'x\') }}"'),
    ],
    [
      'Status functions are not available in run',
      "  a: {runs-on: x, steps: [{run: 'x ${{ failure() }}'}]}\n",
    ],
    ['jobs.<job_id>.needs names existing jobs', job('a', 'needs: b')],
    ['jobs.<job_id>.needs has no cycles', job('a', 'needs: b') + job('b', 'needs: a')],
    ['jobs.<job_id>: ids start with a letter or _', job('1a')],
    ['jobs.<job_id>.runs-on is required', '  a: {steps: [{run: x}]}\n'],
    ['steps need uses or run', '  a: {runs-on: x, steps: [{name: x}]}\n'],
    ['steps have either uses or run', '  a: {runs-on: x, steps: [{run: x, uses: a/b@v1}]}\n'],
    ['step ids are unique', '  a: {runs-on: x, steps: [{id: s, run: x}, {id: s, run: x}]}\n'],
    ['unknown keys are refused', job('a', 'timeout: 5')],
    ['an unknown event is refused', ''],
  ])('%s', async (rule, jobs) => {
    const content = rule.includes('unknown event')
      ? `on: pushed\njobs:\n${job('a')}`
      : `on: push\njobs:\n${jobs}`;
    expect(await plan(content, { event: push() })).toMatchObject({
      starts: false,
      conclusion: 'invalid',
    });
  });
});
