import { entry, entriesOf, literalText, type Located, textList } from './located.ts';
import { type Json, isJsonObject, type JsonObject } from './json.ts';
import { matchesFilter } from './filter-pattern.ts';
import type { Trigger, Workflow } from './workflow.ts';
import { asText } from './expression.ts';

/** Something that happened: an event's name, its webhook payload, and what GitHub knows besides. */
export interface WorkflowEvent {
  readonly name: string;
  readonly payload: JsonObject;
  /** Files that differ from the base, for `paths` filters; unknown when absent. */
  readonly changedFiles?: readonly string[];
  /** Inputs of `workflow_dispatch`. */
  readonly inputs?: Readonly<Record<string, Json>>;
  readonly actor?: string;
  readonly sha?: string;
}

/** Whether an event starts a workflow, and why or why not. */
export type TriggerDecision =
  | { readonly starts: true; readonly reason: string; readonly assumed: readonly string[] }
  | { readonly starts: false; readonly reason: string };

const at = (value: Json | undefined, ...path: string[]): Json | undefined =>
  path.reduce<Json | undefined>((node, key) => (isJsonObject(node) ? node[key] : undefined), value);

const text = (value: Json | undefined): string => (value === undefined ? '' : asText(value));

/** Events without `types:` start on all of their activities, except these. */
const defaultTypes: Readonly<Record<string, readonly string[]>> = {
  pull_request: ['opened', 'synchronize', 'reopened'],
  pull_request_target: ['opened', 'synchronize', 'reopened'],
};

/** Events whose workflow is always taken from the default branch, with its ref. */
const prEvents = ['pull_request', 'pull_request_review', 'pull_request_review_comment'];

/** `github.ref` of an event, as the documentation's table of events gives it. */
export function refOf({ name, payload }: WorkflowEvent): string {
  const defaultBranch = text(at(payload, 'repository', 'default_branch')) || 'main';
  if (name === 'push') return text(payload['ref']) || `refs/heads/${defaultBranch}`;
  if (prEvents.includes(name)) {
    const number = text(payload['number']) || text(at(payload, 'pull_request', 'number'));
    return `refs/pull/${number}/merge`;
  }
  if (name === 'pull_request_target') {
    return `refs/heads/${text(at(payload, 'pull_request', 'base', 'ref')) || defaultBranch}`;
  }
  if (name === 'merge_group') return text(at(payload, 'merge_group', 'head_ref'));
  if (name === 'release') return `refs/tags/${text(at(payload, 'release', 'tag_name'))}`;
  if (name === 'create') {
    const kind = payload['ref_type'] === 'tag' ? 'tags' : 'heads';
    return `refs/${kind}/${text(payload['ref'])}`;
  }
  if (name === 'workflow_dispatch') return fullRef(text(payload['ref']) || defaultBranch);
  return `refs/heads/${defaultBranch}`;
}

const fullRef = (ref: string) => (ref.startsWith('refs/') ? ref : `refs/heads/${ref}`);

/** The `github` context, as far as the event determines it. */
export function githubContext(event: WorkflowEvent, workflow: Workflow): JsonObject {
  const ref = refOf(event);
  const { payload } = event;
  const repository = text(at(payload, 'repository', 'full_name')) || 'octo-org/octo-repo';
  const isPullRequest = event.name.startsWith('pull_request');
  const sha =
    event.sha ??
    (text(payload['after']) ||
      text(at(payload, 'merge_group', 'head_sha')) ||
      text(at(payload, 'pull_request', 'head', 'sha')) ||
      '0000000000000000000000000000000000000000');
  return {
    event_name: event.name,
    event: payload,
    ref,
    ref_name: ref.replace(/^refs\/(heads|tags|pull)\//, ''),
    ref_type: ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    ref_protected: false,
    sha,
    head_ref: isPullRequest ? text(at(payload, 'pull_request', 'head', 'ref')) : '',
    base_ref: isPullRequest ? text(at(payload, 'pull_request', 'base', 'ref')) : '',
    actor: event.actor ?? text(at(payload, 'sender', 'login')),
    triggering_actor: event.actor ?? text(at(payload, 'sender', 'login')),
    repository,
    repository_owner: repository.split('/')[0] ?? '',
    repository_id: text(at(payload, 'repository', 'id')),
    server_url: 'https://github.com',
    api_url: 'https://api.github.com',
    graphql_url: 'https://api.github.com/graphql',
    workflow: workflow.name,
    workflow_ref: `${repository}/${workflow.path}@${ref}`,
    workflow_sha: sha,
    run_id: '1',
    run_number: '1',
    run_attempt: '1',
    retention_days: '90',
    secret_source: 'Actions',
    token: '',
    job: '',
  };
}

/**
 * Decides whether an event starts a workflow. `names` are the names of all workflows of the
 * repository: a `workflow_run` for a name that none has never starts.
 */
export function decideTrigger(workflow: Workflow, event: WorkflowEvent): TriggerDecision {
  const trigger = workflow.triggers.find((candidate) => candidate.event === event.name);
  if (trigger === undefined) {
    const listed = workflow.triggers.map((candidate) => candidate.event).join(', ');
    return no(`it does not listen to ${event.name} (only to ${listed || 'nothing'})`);
  }
  return (
    skipMarker(event) ??
    typesFilter(trigger, event) ??
    eventFilter(trigger, event) ??
    yes(`${event.name} matches`, pathsUnknown(trigger, event))
  );
}

const no = (reason: string): TriggerDecision => ({ starts: false, reason });
const yes = (reason: string, assumed: readonly string[] = []): TriggerDecision => ({
  starts: true,
  reason,
  assumed,
});

/** `[skip ci]` and its relatives in the head commit stop push and pull_request workflows. */
function skipMarker({ name, payload }: WorkflowEvent): TriggerDecision | undefined {
  if (name !== 'push' && name !== 'pull_request') return undefined;
  const message = text(at(payload, 'head_commit', 'message'));
  const marker = /\[(skip ci|ci skip|no ci|skip actions|actions skip)\]/.exec(message)?.[0];
  if (marker !== undefined) return no(`the head commit says ${marker}`);
  if (/\n\n+skip-checks:\s*true\s*$/.test(message)) {
    return no('the head commit ends with skip-checks: true');
  }
  return undefined;
}

function typesFilter(trigger: Trigger, { name, payload }: WorkflowEvent) {
  const action = payload['action'];
  if (typeof action !== 'string') return undefined;
  const written = entry(trigger.config, 'types');
  const types =
    written === undefined ? defaultTypes[name] : textList(written).map((item) => item.text);
  if (types === undefined || types.includes(action)) return undefined;
  return no(`activity '${action}' is not among ${types.join(', ')}`);
}

function eventFilter(trigger: Trigger, event: WorkflowEvent): TriggerDecision | undefined {
  const { payload, name } = event;
  if (name === 'push') {
    if (payload['deleted'] === true) return no('the ref was deleted');
    return refFilter(trigger.config, refOf(event)) ?? pathsFilter(trigger, event);
  }
  if (name === 'pull_request' || name === 'pull_request_target') {
    const base = text(at(payload, 'pull_request', 'base', 'ref'));
    return branchFilter(trigger.config, base, 'base branch') ?? pathsFilter(trigger, event);
  }
  if (name === 'merge_group') {
    const base = text(at(payload, 'merge_group', 'base_ref')).replace('refs/heads/', '');
    return branchFilter(trigger.config, base, 'base branch');
  }
  if (name === 'workflow_run') return workflowRunFilter(trigger, payload);
  if (name === 'schedule') return scheduleFilter(trigger, payload);
  return undefined;
}

/** With only `branches` a tag never starts the workflow, and with only `tags` a branch never does. */
function refFilter(config: Located | undefined, ref: string): TriggerDecision | undefined {
  const isTag = ref.startsWith('refs/tags/');
  const name = ref.replace(/^refs\/(heads|tags)\//, '');
  const has = (key: string) => entry(config, key) !== undefined;
  const filtersBranches = has('branches') || has('branches-ignore');
  const filtersTags = has('tags') || has('tags-ignore');
  if (isTag) {
    if (filtersBranches && !filtersTags) return no(`tag ${name}: only branches are listed`);
    return listFilter(config, 'tags', name, 'tag');
  }
  if (filtersTags && !filtersBranches) return no(`branch ${name}: only tags are listed`);
  return listFilter(config, 'branches', name, 'branch');
}

const branchFilter = (config: Located | undefined, name: string, what: string) =>
  listFilter(config, 'branches', name, what);

function listFilter(config: Located | undefined, key: string, name: string, what: string) {
  const allowed = entry(config, key);
  const ignored = entry(config, `${key}-ignore`);
  const patterns = (value: Located) => textList(value).map((item) => item.text);
  if (allowed !== undefined && !matchesFilter(patterns(allowed), name)) {
    return no(`${what} ${name} matches none of ${patterns(allowed).join(', ')}`);
  }
  if (ignored !== undefined && matchesFilter(patterns(ignored), name)) {
    return no(`${what} ${name} is ignored by ${patterns(ignored).join(', ')}`);
  }
  return undefined;
}

/** Path filters look at the changed files; they do not apply to tags, nor when files are unknown. */
function pathsFilter(trigger: Trigger, event: WorkflowEvent): TriggerDecision | undefined {
  if (refOf(event).startsWith('refs/tags/')) return undefined;
  const files = event.changedFiles;
  if (files === undefined) return undefined;
  const patterns = (key: string) => textList(entry(trigger.config, key)).map((item) => item.text);
  const paths = patterns('paths');
  if (paths.length > 0 && !files.some((file) => matchesFilter(paths, file))) {
    return no(`no changed file matches ${paths.join(', ')}`);
  }
  const ignored = patterns('paths-ignore');
  if (ignored.length > 0 && files.every((file) => matchesFilter(ignored, file))) {
    return no(`every changed file is ignored by ${ignored.join(', ')}`);
  }
  return undefined;
}

function pathsUnknown(trigger: Trigger, event: WorkflowEvent): string[] {
  const filters = ['paths', 'paths-ignore'].filter((key) => entry(trigger.config, key));
  return filters.length > 0 && event.changedFiles === undefined
    ? [`the changed files match \`${filters.join('` and `')}\``]
    : [];
}

function workflowRunFilter(trigger: Trigger, payload: JsonObject): TriggerDecision | undefined {
  const names = textList(entry(trigger.config, 'workflows')).map((item) => item.text);
  const name = text(at(payload, 'workflow', 'name')) || text(at(payload, 'workflow_run', 'name'));
  if (!names.includes(name)) {
    return no(`workflow '${name}' is not among ${names.map((n) => `'${n}'`).join(', ')}`);
  }
  const branch = text(at(payload, 'workflow_run', 'head_branch'));
  return branchFilter(trigger.config, branch, 'head branch');
}

function scheduleFilter(trigger: Trigger, payload: JsonObject): TriggerDecision | undefined {
  const crons = schedules(trigger);
  const schedule = text(payload['schedule']);
  if (schedule === '' || crons.includes(schedule)) return undefined;
  return no(`schedule '${schedule}' is not among ${crons.join(', ')}`);
}

/** The cron lines of a `schedule` trigger. */
export function schedules(trigger: Trigger): string[] {
  const list = trigger.config?.kind === 'list' ? trigger.config.items : [];
  return list.flatMap((item) => literalText(entry(item, 'cron')) ?? []);
}

/** The names of the inputs a trigger declares. */
export function inputNames(trigger: Trigger | undefined): string[] {
  return entriesOf(entry(trigger?.config, 'inputs')).map(({ key }) => key);
}
