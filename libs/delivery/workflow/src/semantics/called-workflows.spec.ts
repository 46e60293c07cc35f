import { plan, results } from '../testing/workflows.ts';
import type { Json } from '../json.ts';
import { parseWorkflow } from '../parse-workflow.ts';
import { entry } from '../located.ts';
import { resolveInputs } from '../inputs.ts';

const caller = (extra: string, more = '') =>
  `on: push\njobs:\n  call:\n    uses: ./.github/workflows/called.yml\n${extra}${more}`;
const called = (config: string, jobs: string) => ({
  '.github/workflows/called.yml': `on:\n  workflow_call:\n${config}jobs:\n${jobs}`,
});
const job = (id: string, body = '') =>
  `  ${id}: {runs-on: x, steps: [{run: 'true'}]${body && `, ${body}`}}\n`;

describe('reusable workflows ("Reuse workflows")', () => {
  it('run as jobs of the caller, named caller / job', async () => {
    const answer = await plan(caller(''), {}, called('', job('a') + job('b', 'needs: a')));
    expect(results(answer.jobs)).toEqual({
      call: 'success',
      'call / a': 'success',
      'call / b': 'success',
    });
  });

  it('an if on the calling job skips all of it', async () => {
    const answer = await plan(caller("    if: github.ref == 'x'\n"), {}, called('', job('a')));
    expect(results(answer.jobs)).toEqual({ call: 'skipped' });
  });

  it('a failure inside fails the calling job and skips what needs it', async () => {
    const answer = await plan(
      caller('', job('after', 'needs: call')),
      { jobs: { 'call / a': { result: 'failure' } } },
      called('', job('a')),
    );
    expect(results(answer.jobs)).toEqual({
      call: 'failure',
      'call / a': 'failure',
      after: 'skipped',
    });
  });

  it('the github context is the caller’s', async () => {
    const answer = await plan(
      caller(''),
      {},
      called('', job('a', "if: github.event_name == 'push'")),
    );
    expect(results(answer.jobs)).toMatchObject({ 'call / a': 'success' });
  });

  it('inputs reach the conditions inside', async () => {
    const config = '    inputs: {go: {type: boolean, required: true}}\n';
    const answer = await plan(
      caller('    with: {go: false}\n'),
      {},
      called(config, job('a', 'if: inputs.go')),
    );
    expect(results(answer.jobs)).toMatchObject({ 'call / a': 'skipped' });
  });

  it('defaults stand for inputs that are not given', async () => {
    const config = '    inputs: {go: {type: boolean, default: true}}\n';
    const answer = await plan(caller(''), {}, called(config, job('a', 'if: inputs.go')));
    expect(results(answer.jobs)).toMatchObject({ 'call / a': 'success' });
  });

  it('a missing required input fails the call', async () => {
    const config = '    inputs: {go: {type: string, required: true}}\n';
    const answer = await plan(caller(''), {}, called(config, job('a')));
    expect(answer.jobs[0]).toMatchObject({ decision: 'fails', result: 'failure' });
  });

  it('an undeclared input fails the call', async () => {
    const answer = await plan(caller('    with: {x: 1}\n'), {}, called('', job('a')));
    expect(answer.jobs[0]).toMatchObject({ decision: 'fails' });
  });

  it('outputs travel from job to workflow to caller', async () => {
    const config = '    outputs: {digest: {value: "${{ jobs.a.outputs.digest }}"}}\n';
    const after = job('after', `needs: call, if: "needs.call.outputs.digest == 'sha'"`);
    const answer = await plan(
      caller('', after),
      { jobs: { 'call / a': { outputs: { digest: 'sha' } } } },
      called(config, job('a', "outputs: {digest: '${{ steps.s.outputs.d }}'}")),
    );
    expect(results(answer.jobs)).toMatchObject({ after: 'success' });
  });

  it('calls nest', async () => {
    const answer = await plan(
      caller(''),
      {},
      {
        ...called('', '  inner: {uses: ./.github/workflows/deep.yml}\n'),
        '.github/workflows/deep.yml': `on: workflow_call\njobs:\n${job('a')}`,
      },
    );
    expect(results(answer.jobs)).toMatchObject({ 'call / inner / a': 'success' });
  });

  it('calls that never end are stopped at ten levels', async () => {
    const answer = await plan(
      caller(''),
      {},
      called('', '  again: {uses: ./.github/workflows/called.yml}\n'),
    );
    expect(answer.conclusion).toBe('failure');
  });

  it('a workflow without workflow_call cannot be called', async () => {
    const answer = await plan(
      caller(''),
      {},
      {
        '.github/workflows/called.yml': `on: push\njobs:\n${job('a')}`,
      },
    );
    expect(answer.jobs[0]?.reason).toContain('no workflow_call trigger');
  });

  it('a missing local workflow fails the call', async () => {
    expect((await plan(caller(''))).jobs[0]?.reason).toContain('does not exist');
  });

  it('another repository is named as not planned', async () => {
    const content = 'on: push\njobs: {call: {uses: a/b/.github/workflows/c.yml@v1}}';
    expect((await plan(content)).jobs[0]?.unsupported).toEqual([
      'the called workflow a/b/.github/workflows/c.yml@v1 is not local',
    ]);
  });

  it('a matrix on the calling job', async () => {
    const answer = await plan(
      caller('    strategy: {matrix: {x: [1, 2]}}\n'),
      {},
      called('', job('a')),
    );
    expect(answer.jobs[0]?.instances).toHaveLength(2);
  });

  it('$/ refers to the same repository', async () => {
    const content = 'on: push\njobs: {call: {uses: $/.github/workflows/called.yml}}';
    const answer = await plan(content, {}, called('', job('a')));
    expect(results(answer.jobs)).toMatchObject({ 'call / a': 'success' });
  });
});

describe('inputs (on.workflow_dispatch.inputs, on.workflow_call.inputs)', () => {
  const resolved = async (declared: string, given: Record<string, Json>) => {
    const content = `on: {workflow_dispatch: {inputs: {x: ${declared}}}}\njobs: {a: {runs-on: x, steps: [{run: x}]}}`;
    const workflow = await parseWorkflow('w.yml', content);
    return resolveInputs(entry(workflow.triggers[0]?.config, 'inputs'), given, { contexts: {} });
  };

  it.each<[string, string, Record<string, Json>, Json]>([
    ['a boolean keeps its type', '{type: boolean}', { x: 'true' }, true],
    ['a boolean without value is false', '{type: boolean}', {}, false],
    ['a number is a number', '{type: number}', { x: '7' }, 7],
    ['a string is a string', '{type: string}', { x: 7 }, '7'],
    ['a string without value is empty', '{type: string}', {}, ''],
    ['the type is string when not given', '{description: d}', { x: 'a' }, 'a'],
    ['a choice takes one of its options', '{type: choice, options: [a, b]}', { x: 'b' }, 'b'],
    ['the default', '{type: string, default: d}', {}, 'd'],
    ['a given value wins over the default', '{type: string, default: d}', { x: 'e' }, 'e'],
  ])('%s', async (_rule, declared, given, expected) => {
    expect((await resolved(declared, given))['x']).toEqual(expected);
  });

  it.each<[string, string, Record<string, Json>]>([
    ['a boolean refuses other texts', '{type: boolean}', { x: 'yes' }],
    ['a number refuses other texts', '{type: number}', { x: 'many' }],
    ['a choice refuses other options', '{type: choice, options: [a]}', { x: 'z' }],
    ['a required input must be given', '{required: true}', {}],
  ])('refuses: %s', async (_rule, declared, given) => {
    await expect(resolved(declared, given)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });
});

describe('concurrency', () => {
  it('the group may use github and inputs', async () => {
    const content = `on: push\nconcurrency: {group: 'ci-\${{ github.ref }}'}\njobs:\n${job('a')}`;
    expect((await plan(content)).concurrencyGroup).toBe('ci-refs/heads/main');
  });
});
