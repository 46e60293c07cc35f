import examples from '@octokit/webhooks-examples';
import { isJsonObject, type Json, type WorkflowEvent } from '@prompt-card/workflow';

type Example = Readonly<Record<string, Json>>;

const catalogue = examples as unknown as readonly {
  readonly name: string;
  readonly examples: readonly Example[];
}[];

/** A real payload, with the names of this repository's branches in place of the example's. */
function payload(name: string, action?: string): Example {
  const list = catalogue.find((entry) => entry.name === name)?.examples ?? [];
  const example = list.find((item) => action === undefined || item['action'] === action) ?? list[0];
  if (example === undefined) throw new Error(`no example of ${name}`);
  const renamed = JSON.parse(JSON.stringify(example).replaceAll('"master"', '"main"')) as Example;
  return action === undefined ? renamed : { ...renamed, action };
}

const event = (name: string, extra: Example, base = payload(name)): WorkflowEvent => ({
  name,
  payload: { ...base, ...extra },
});

const pullRequest = (action: string, name = 'pull_request'): WorkflowEvent => ({
  name,
  payload: payload('pull_request', action),
});

/** A pull request with the label that asks for benchmarks. */
function labelled(): WorkflowEvent {
  const base = payload('pull_request', 'labeled');
  const pr = base['pull_request'];
  const labels = [{ name: 'performance' }];
  return event('pull_request', { pull_request: isJsonObject(pr) ? { ...pr, labels } : null }, base);
}

const repository = payload('push')['repository'] ?? null;

/** Everything that happens to this repository, by the words of the reachability pages. */
export const events: readonly (readonly [label: string, event: WorkflowEvent])[] = [
  ['a pull request is opened', pullRequest('opened')],
  ['a pull request gets new commits', pullRequest('synchronize')],
  ['the title of a pull request is edited', pullRequest('edited')],
  ['a pull request is labelled performance', labelled()],
  ['a pull request is closed', pullRequest('closed')],
  [
    'a pull request is opened, seen by pull_request_target',
    pullRequest('opened', 'pull_request_target'),
  ],
  [
    'the merge queue asks for checks',
    event(
      'merge_group',
      {
        action: 'checks_requested',
        repository,
        merge_group: {
          base_ref: 'refs/heads/main',
          head_ref: 'refs/heads/gh-readonly-queue/main/pr-1',
          base_sha: '1'.repeat(40),
          head_sha: '2'.repeat(40),
        },
      },
      {},
    ),
  ],
  ['main is pushed', event('push', { ref: 'refs/heads/main', deleted: false })],
  ['tag v1.0.0 is pushed', event('push', { ref: 'refs/tags/v1.0.0', deleted: false })],
  ['another branch is pushed', event('push', { ref: 'refs/heads/feature/x', deleted: false })],
  ['its schedule fires', event('schedule', { repository }, {})],
  [
    'somebody dispatches it',
    event('workflow_dispatch', { repository, ref: 'refs/heads/main' }, {}),
  ],
  ['an issue is opened', { name: 'issues', payload: payload('issues', 'opened') }],
  ['an issue is closed', { name: 'issues', payload: payload('issues', 'closed') }],
  ['a release is published', { name: 'release', payload: payload('release', 'published') }],
];
