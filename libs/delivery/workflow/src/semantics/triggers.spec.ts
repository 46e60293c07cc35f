import type { Json, JsonObject } from '../json.ts';
import { decideTrigger, refOf, type WorkflowEvent } from '../event.ts';
import { parseWorkflow } from '../parse-workflow.ts';
import { matchesFilter } from '../filter-pattern.ts';
import { repository } from '../testing/workflows.ts';

const event = (name: string, payload: Record<string, Json>, files?: string[]): WorkflowEvent => ({
  name,
  payload: { repository, ...payload },
  ...(files === undefined ? {} : { changedFiles: files }),
});
const pushTo = (ref: string, files?: string[]) => event('push', { ref }, files);
const pullRequest = (action: string, base = 'main', files?: string[]) =>
  event('pull_request', { action, pull_request: { number: 1, base: { ref: base } } }, files);
const run = (name: string, branch = 'main', action = 'completed') =>
  event('workflow_run', { action, workflow_run: { name, head_branch: branch } });

/** Rules of "Events that trigger workflows" and "Workflow syntax" (on.*). */
const rows: readonly [rule: string, on: string, event: WorkflowEvent, starts: boolean][] = [
  [
    'an event that is not listed does not start',
    'push',
    event('issues', { action: 'opened' }),
    false,
  ],
  ['push without filters: branches start', 'push', pushTo('refs/heads/x'), true],
  ['push without filters: tags start', 'push', pushTo('refs/tags/v1'), true],
  [
    'push.branches: a listed branch starts',
    '{push: {branches: [main]}}',
    pushTo('refs/heads/main'),
    true,
  ],
  [
    'push.branches: another branch does not',
    '{push: {branches: [main]}}',
    pushTo('refs/heads/dev'),
    false,
  ],
  [
    'push.branches alone: no tag starts',
    '{push: {branches: ["**"]}}',
    pushTo('refs/tags/v1'),
    false,
  ],
  ['push.tags alone: no branch starts', '{push: {tags: ["**"]}}', pushTo('refs/heads/main'), false],
  ['push.tags: a listed tag starts', '{push: {tags: ["v*"]}}', pushTo('refs/tags/v1.2'), true],
  [
    'push.branches and tags: either starts',
    '{push: {branches: [main], tags: ["v*"]}}',
    pushTo('refs/tags/v1'),
    true,
  ],
  [
    'push.branches-ignore: an ignored branch does not start',
    '{push: {branches-ignore: ["dev/**"]}}',
    pushTo('refs/heads/dev/a'),
    false,
  ],
  [
    'push.branches-ignore: others start',
    '{push: {branches-ignore: ["dev/**"]}}',
    pushTo('refs/heads/main'),
    true,
  ],
  [
    'push.branches-ignore alone: no tag starts',
    '{push: {branches-ignore: [dev]}}',
    pushTo('refs/tags/v1'),
    false,
  ],
  [
    'push.tags-ignore: an ignored tag does not start',
    '{push: {tags-ignore: ["v0*"]}}',
    pushTo('refs/tags/v0.1'),
    false,
  ],
  [
    'feature/* does not match nested branches',
    '{push: {branches: ["feature/*"]}}',
    pushTo('refs/heads/feature/a/b'),
    false,
  ],
  [
    'feature/** matches nested branches',
    '{push: {branches: ["feature/**"]}}',
    pushTo('refs/heads/feature/a/b'),
    true,
  ],
  [
    '! excludes after an include',
    '{push: {branches: ["r/**", "!r/**-alpha"]}}',
    pushTo('refs/heads/r/1-alpha'),
    false,
  ],
  [
    'a pattern after ! includes again',
    '{push: {branches: ["r/**", "!r/**-alpha", "r/x-alpha"]}}',
    pushTo('refs/heads/r/x-alpha'),
    true,
  ],
  [
    'paths: one matching file is enough',
    '{push: {paths: ["docs/**"]}}',
    pushTo('refs/heads/main', ['a.ts', 'docs/a.md']),
    true,
  ],
  [
    'paths: no matching file',
    '{push: {paths: ["docs/**"]}}',
    pushTo('refs/heads/main', ['a.ts']),
    false,
  ],
  [
    'paths: not evaluated for tags',
    '{push: {paths: ["docs/**"]}}',
    pushTo('refs/tags/v1', ['a.ts']),
    true,
  ],
  [
    'paths-ignore: all files ignored',
    '{push: {paths-ignore: ["**.md"]}}',
    pushTo('refs/heads/main', ['a.md', 'b/c.md']),
    false,
  ],
  [
    'paths-ignore: one file not ignored',
    '{push: {paths-ignore: ["**.md"]}}',
    pushTo('refs/heads/main', ['a.md', 'b.ts']),
    true,
  ],
  [
    'branches and paths must both match',
    '{push: {branches: [main], paths: ["docs/**"]}}',
    pushTo('refs/heads/x', ['docs/a']),
    false,
  ],
  [
    'push: deleting a branch starts nothing',
    'push',
    event('push', { ref: 'refs/heads/x', deleted: true }),
    false,
  ],
  [
    '[skip ci] in the head commit stops push',
    'push',
    event('push', { ref: 'refs/heads/main', head_commit: { message: 'x [skip ci]' } }),
    false,
  ],
  [
    'skip-checks trailer stops push',
    'push',
    event('push', { ref: 'refs/heads/main', head_commit: { message: 'x\n\n\nskip-checks: true' } }),
    false,
  ],
  ['pull_request: opened starts by default', 'pull_request', pullRequest('opened'), true],
  ['pull_request: synchronize starts by default', 'pull_request', pullRequest('synchronize'), true],
  ['pull_request: reopened starts by default', 'pull_request', pullRequest('reopened'), true],
  ['pull_request: labeled does not by default', 'pull_request', pullRequest('labeled'), false],
  ['pull_request: edited does not by default', 'pull_request', pullRequest('edited'), false],
  [
    'pull_request.types replaces the default',
    '{pull_request: {types: [labeled]}}',
    pullRequest('opened'),
    false,
  ],
  [
    'pull_request.types: a listed type starts',
    '{pull_request: {types: [labeled]}}',
    pullRequest('labeled'),
    true,
  ],
  [
    'pull_request.branches looks at the base',
    '{pull_request: {branches: [main]}}',
    pullRequest('opened', 'dev'),
    false,
  ],
  [
    'pull_request.paths',
    '{pull_request: {paths: ["**.ts"]}}',
    pullRequest('opened', 'main', ['a/b.ts']),
    true,
  ],
  ['issues: every type starts by default', 'issues', event('issues', { action: 'labeled' }), true],
  [
    'workflow_run.workflows names the workflow',
    '{workflow_run: {workflows: [CI]}}',
    run('CI'),
    true,
  ],
  [
    'workflow_run.workflows: another name does not start',
    '{workflow_run: {workflows: [CI]}}',
    run('CI (fast)'),
    false,
  ],
  ['workflow_run.types', '{workflow_run: {workflows: [CI], types: [requested]}}', run('CI'), false],
  [
    'workflow_run.branches looks at the head branch',
    '{workflow_run: {workflows: [CI], branches: [main]}}',
    run('CI', 'dev'),
    false,
  ],
  [
    'schedule: the cron line that fired',
    '{schedule: [{cron: "0 6 * * *"}]}',
    event('schedule', { schedule: '0 6 * * *' }),
    true,
  ],
  [
    'schedule: another cron line',
    '{schedule: [{cron: "0 6 * * *"}]}',
    event('schedule', { schedule: '0 7 * * *' }),
    false,
  ],
  [
    'merge_group: checks_requested',
    'merge_group',
    event('merge_group', {
      action: 'checks_requested',
      merge_group: { base_ref: 'refs/heads/main' },
    }),
    true,
  ],
  [
    'repository_dispatch.types is the event type',
    '{repository_dispatch: {types: [go]}}',
    event('repository_dispatch', { action: 'stop' }),
    false,
  ],
  [
    'release.types',
    '{release: {types: [published]}}',
    event('release', { action: 'published', release: { tag_name: 'v1' } }),
    true,
  ],
];

it.each(rows)('%s', async (_rule, on, given, starts) => {
  const content = `on: ${on}\njobs: {a: {runs-on: x, steps: [{run: 'true'}]}}`;
  const workflow = await parseWorkflow('w.yml', content);
  expect(workflow.problems).toEqual([]);
  expect(decideTrigger(workflow, given)).toMatchObject({ starts });
});

it('says that it took changed files for matching when it does not know them', async () => {
  const content = 'on: {push: {paths: [docs/**]}}\njobs: {a: {runs-on: x, steps: [{run: x}]}}';
  const workflow = await parseWorkflow('w.yml', content);
  expect(decideTrigger(workflow, pushTo('refs/heads/main'))).toMatchObject({
    starts: true,
    assumed: ['the changed files match `paths`'],
  });
});

it.each<[string, string, JsonObject, string]>([
  ['push', 'push', { ref: 'refs/heads/x' }, 'refs/heads/x'],
  ['pull_request: the merge ref', 'pull_request', { number: 7 }, 'refs/pull/7/merge'],
  [
    'pull_request_target: the base',
    'pull_request_target',
    { pull_request: { base: { ref: 'dev' } } },
    'refs/heads/dev',
  ],
  ['workflow_run: the default branch', 'workflow_run', { repository }, 'refs/heads/main'],
  ['schedule: the default branch', 'schedule', { repository }, 'refs/heads/main'],
  ['release: the tag', 'release', { release: { tag_name: 'v1' } }, 'refs/tags/v1'],
  [
    'merge_group: the group',
    'merge_group',
    { merge_group: { head_ref: 'refs/heads/gh-readonly-queue/main/pr-1' } },
    'refs/heads/gh-readonly-queue/main/pr-1',
  ],
  ['create of a tag', 'create', { ref: 'v1', ref_type: 'tag' }, 'refs/tags/v1'],
  [
    'workflow_dispatch: the chosen ref',
    'workflow_dispatch',
    { ref: 'refs/heads/x' },
    'refs/heads/x',
  ],
])('github.ref of %s', (_rule, name, payload, ref) => {
  expect(refOf({ name, payload })).toBe(ref);
});

/** "Filter pattern cheat sheet", row by row. */
it.each<[string, string, boolean]>([
  ['feature/*', 'feature/my-branch', true],
  ['feature/*', 'feature/a/b', false],
  ['feature/**', 'feature/beta-a/my-branch', true],
  ['main', 'main', true],
  ['main', 'mainly', false],
  ["'*'".slice(1, -1), 'releases', true],
  ['*', 'all/the/branches', false],
  ['**', 'all/the/branches', true],
  ['*feature', 'ver-10-feature', true],
  ['v2*', 'v2.9', true],
  ['v[12].[0-9]+.[0-9]+', 'v1.10.1', true],
  ['v[12].[0-9]+.[0-9]+', 'v3.1.0', false],
  ['*.jsx?', 'page.js', true],
  ['*.jsx?', 'page.jsx', true],
  ['**.js', 'src/js/app.js', true],
  ['docs/*', 'docs/dir/file.txt', false],
  ['docs/**/*.md', 'docs/hello.md', true],
  ['docs/**/*.md', 'docs/a/markdown/file.md', true],
  ['**/docs/**', 'dir/docs/my-file.txt', true],
  ['**/README.md', 'js/README.md', true],
  ['**/*src/**', 'a/src/app.js', true],
  ['**/*-post.md', 'path/their-post.md', true],
  ['**/migrate-*.sql', 'db/sept/migrate-v1.sql', true],
  ['?', 'a', false],
])('the pattern %s and %s: %s', (pattern, value, expected) => {
  expect(matchesFilter([pattern], value)).toBe(expected);
});
