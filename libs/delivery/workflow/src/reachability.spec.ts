import { parseWorkflow } from './parse-workflow.ts';
import { unreachableJobs } from './reachability.ts';

const check = async (on: string, jobs: string) => {
  const workflow = await parseWorkflow('w.yml', `on: ${on}\njobs:\n${jobs}`);
  expect(workflow.problems).toEqual([]);
  return unreachableJobs(workflow).map(({ job }) => job.id);
};
const job = (id: string, body = '') =>
  `  ${id}: {runs-on: x, steps: [{run: 'true'}]${body && `, ${body}`}}\n`;
const onTag = '{push: {branches: [main], tags: ["v*"]}}';

describe('jobs that no event can run', () => {
  it.each<[string, string, string, string[]]>([
    [
      'a branch that the trigger leaves out',
      '{push: {branches: [main]}}',
      job('a', "if: github.ref == 'refs/heads/dev'"),
      ['a'],
    ],
    [
      'an event the workflow does not listen to',
      'push',
      job('a', "if: github.event_name == 'schedule'"),
      ['a'],
    ],
    [
      'a payload of another event',
      'push',
      job('a', "if: github.event.workflow_run.conclusion == 'success'"),
      ['a'],
    ],
    ['if: false', 'push', job('a', 'if: false'), ['a']],
    [
      'a tag job that needs a branch job',
      onTag,
      job('a', "if: github.ref == 'refs/heads/main'") +
        job('b', `needs: a, if: "startsWith(github.ref, 'refs/tags/v')"`),
      ['b'],
    ],
    ['a need that never runs', 'push', job('a', 'if: false') + job('b', 'needs: a'), ['a', 'b']],
    [
      'only tags, asks for a branch',
      '{push: {tags: ["v*"]}}',
      job('a', `if: "startsWith(github.ref, 'refs/heads/')"`),
      ['a'],
    ],
    [
      'pull_request, asks for main',
      'pull_request',
      job('a', "if: github.ref == 'refs/heads/main'"),
      ['a'],
    ],
    [
      'a result that a skipped need never has',
      'push',
      job('a', 'if: false') + job('b', `needs: a, if: "always() && needs.a.result == 'success'"`),
      ['a', 'b'],
    ],
  ])('%s', async (_name, on, jobs, expected) => {
    expect(await check(on, jobs)).toEqual(expected);
  });
});

describe('jobs that may run are left alone', () => {
  it.each<[string, string, string]>([
    ['another repository', 'push', job('a', "if: github.repository == 'a/b'")],
    ['variables', 'push', job('a', "if: vars.X == 'y'")],
    ['outputs', 'push', job('a') + job('b', "needs: a, if: needs.a.outputs.x == 'y'")],
    ['one event of several', '[push, schedule]', job('a', "if: github.event_name == 'schedule'")],
    [
      'always() after a job that never runs',
      'push',
      job('never', 'if: false') + job('b', 'needs: never, if: always()'),
    ],
    [
      'a branch under a pattern',
      '{push: {branches: ["release/**"]}}',
      job('a', "if: github.ref == 'refs/heads/release/1'"),
    ],
    ['any branch', 'push', job('a', "if: github.ref == 'refs/heads/main'")],
    [
      'a called workflow runs under any event',
      'workflow_call',
      job('a', "if: github.event_name == 'pull_request'"),
    ],
    [
      'inputs of a dispatch',
      '{workflow_dispatch: {inputs: {x: {type: boolean}}}}',
      job('a', 'if: inputs.x'),
    ],
    ['failure()', 'push', job('a') + job('b', 'needs: a, if: failure()')],
    ['ref_name of a tag', onTag, job('a', `if: "startsWith(github.ref_name, 'v1')"`)],
    [
      'a label',
      'pull_request',
      job('a', `if: "contains(github.event.pull_request.labels.*.name, 'x')"`),
    ],
    [
      'fork check',
      'pull_request',
      job('a', 'if: github.event.pull_request.head.repo.full_name == github.repository'),
    ],
    [
      'not pull_request',
      '[push, pull_request]',
      job('a', "if: github.event_name != 'pull_request'"),
    ],
    ['comment on an issue', 'issue_comment', job('a', 'if: github.event.issue.pull_request')],
  ])('%s', async (_name, on, jobs) => {
    expect((await check(on, jobs)).filter((id) => id !== 'never')).toEqual([]);
  });
});
