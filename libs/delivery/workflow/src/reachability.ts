import { load } from './official/load.cjs';
import {
  calls,
  children,
  contextPath,
  evaluateTree,
  type Expr,
  isTruthy,
  parseExpression,
  references,
} from './expression.ts';
import { isLiteralPattern } from './filter-pattern.ts';
import type { Json } from './json.ts';
import { entry, textList } from './located.ts';
import type { Job, Trigger, Workflow } from './workflow.ts';
import { inOrder } from './plan.ts';

const { ast, TokenType } = load('parser');

/**
 * What is known of a value without knowing the run: the value itself, how its text starts, or
 * nothing. "Unreachable" is only claimed when every unknown, whatever its value, leaves a job out.
 */
type Known =
  | { readonly is: 'known'; readonly value: Json }
  | { readonly is: 'prefix'; readonly prefix: string }
  | { readonly is: 'unknown' };

const unknown: Known = { is: 'unknown' };
const known = (value: Json): Known => ({ is: 'known', value });

/** One way a workflow can start: an event and what that says about contexts. */
export interface Start {
  readonly event: string;
  readonly label: string;
  readonly facts: ReadonlyMap<string, Known>;
}

/** Parts of the payload that only these events have; under all others they are null. */
const ownParts: Readonly<Record<string, readonly string[]>> = {
  workflow_run: ['workflow_run'],
  pull_request: [
    'pull_request',
    'pull_request_target',
    'pull_request_review',
    'pull_request_review_comment',
  ],
  issue: ['issues', 'issue_comment'],
  release: ['release'],
  merge_group: ['merge_group'],
  head_commit: ['push'],
  schedule: ['schedule'],
  deployment_status: ['deployment_status'],
  client_payload: ['repository_dispatch'],
  comment: ['issue_comment', 'commit_comment', 'pull_request_review_comment', 'discussion_comment'],
};

/** Every way a workflow can start. A reusable workflow starts under any event of its caller. */
export function startsOf(workflow: Workflow): Start[] {
  return workflow.triggers.flatMap(startsOfTrigger);
}

function startsOfTrigger(trigger: Trigger): Start[] {
  const { event } = trigger;
  if (event === 'workflow_call') return [{ event, label: event, facts: new Map() }];
  const facts = new Map<string, Known>([['github.event_name', known(event)]]);
  for (const [part, events] of Object.entries(ownParts)) {
    if (!events.includes(event)) facts.set(`github.event.${part}`, known(null));
  }
  if (!['workflow_dispatch', 'repository_dispatch'].includes(event)) facts.set('inputs', known({}));
  if (!event.startsWith('pull_request')) {
    facts.set('github.head_ref', known(''));
    facts.set('github.base_ref', known(''));
  }
  const types = textList(entry(trigger.config, 'types')).map(({ text }) => text);
  if (types.length === 1) facts.set('github.event.action', known(types[0] ?? ''));
  if (event !== 'push') return [{ event, label: event, facts: withRef(facts, event) }];
  return pushStarts(trigger, facts);
}

/** Events whose ref is a branch: the default one, the base, or that of a merge group. */
const onBranches = [
  'workflow_run',
  'schedule',
  'issues',
  'issue_comment',
  'pull_request_target',
  'merge_group',
];

function withRef(facts: Map<string, Known>, event: string): Map<string, Known> {
  if (event === 'pull_request') facts.set('github.ref', { is: 'prefix', prefix: 'refs/pull/' });
  if (event === 'release') facts.set('github.ref', { is: 'prefix', prefix: 'refs/tags/' });
  if (onBranches.includes(event)) facts.set('github.ref', { is: 'prefix', prefix: 'refs/heads/' });
  return facts;
}

/** A push is a branch or a tag; a filter of literal names says which ones. */
function pushStarts(trigger: Trigger, base: ReadonlyMap<string, Known>): Start[] {
  const has = (key: string) =>
    entry(trigger.config, key) !== undefined ||
    entry(trigger.config, `${key}-ignore`) !== undefined;
  const both = has('branches') === has('tags');
  const kinds = (['branches', 'tags'] as const).filter((kind) => both || has(kind));
  return kinds.flatMap((key) => {
    const folder = key === 'branches' ? 'heads' : 'tags';
    const kind = key === 'branches' ? 'branch' : 'tag';
    const patterns = textList(entry(trigger.config, key)).map(({ text }) => text);
    const start = (label: string, ref: Known, name: Known): Start => ({
      event: 'push',
      label,
      facts: new Map([
        ...base,
        ['github.ref', ref],
        ['github.ref_type', known(kind)],
        ['github.ref_name', name],
      ]),
    });
    if (patterns.length > 0 && patterns.every(isLiteralPattern)) {
      return patterns.map((name) =>
        start(`push to ${kind} ${name}`, known(`refs/${folder}/${name}`), known(name)),
      );
    }
    const only =
      patterns.length === 1 ? (/^([^*?+[\]!\\]*)\*+$/.exec(patterns[0] ?? '')?.[1] ?? '') : '';
    const ref: Known = { is: 'prefix', prefix: `refs/${folder}/${only}` };
    return [
      start(`push of a ${kind}`, ref, only === '' ? unknown : { is: 'prefix', prefix: only }),
    ];
  });
}

/** A job that no start can ever run, and the condition that keeps it out under each. */
export interface Unreachable {
  readonly job: Job;
  readonly reasons: readonly string[];
}

export function unreachableJobs(workflow: Workflow, starts = startsOf(workflow)): Unreachable[] {
  if (starts.length === 0) return [];
  const reasons = new Map<Job, string[]>();
  for (const start of starts) {
    const never = new Map<string, string>();
    for (const job of inOrder(workflow.jobs)) {
      const reason = whyNever(job, start, never);
      if (reason === undefined) continue;
      never.set(job.id, reason);
      reasons.set(job, [...(reasons.get(job) ?? []), `${start.label}: ${reason}`]);
    }
  }
  return [...reasons]
    .filter(([, list]) => list.length === starts.length)
    .map(([job, list]) => ({ job, reasons: list }));
}

function whyNever(job: Job, start: Start, never: ReadonlyMap<string, string>): string | undefined {
  const { expression } = job.condition;
  const missing = job.needs.find(({ id }) => never.has(id));
  if (missing !== undefined && expression.startsWith('success()')) {
    return `it needs ${missing.id}, which never runs then`;
  }
  const facts = new Map(start.facts);
  for (const { id } of job.needs) {
    if (never.has(id)) facts.set(`needs.${id}.result`, known('skipped'));
  }
  const tree = tryParse(expression);
  if (tree === undefined) return undefined;
  const answer = truth(partial(tree, facts));
  return answer === false ? `if: ${job.condition.expression} is false` : undefined;
}

function tryParse(expression: string): Expr | undefined {
  try {
    return parseExpression(expression);
  } catch {
    // The parser has reported it; a condition nobody can read is not called unreachable.
    return undefined;
  }
}

function truth(value: Known): boolean | undefined {
  if (value.is === 'known') return isTruthy(value.value);
  return value.is === 'prefix' && value.prefix !== '' ? true : undefined;
}

/** Evaluates as far as the facts reach. */
function partial(node: Expr, facts: ReadonlyMap<string, Known>): Known {
  if (node instanceof ast.Grouping) return partial(node.group, facts);
  if (node instanceof ast.Logical) return logical(node, facts);
  if (node instanceof ast.Unary) {
    const answer = truth(partial(node.expr, facts));
    return answer === undefined ? unknown : known(!answer);
  }
  const path = contextPath(node);
  if (path !== undefined) return lookUp(path, facts);
  if (node instanceof ast.Binary) return compare(node, facts);
  if (node instanceof ast.FunctionCall) return call(node, facts);
  return references(node).length === 0 && calls(node).length === 0
    ? known(evaluateTree(node, '', { contexts: {} }))
    : unknown;
}

function logical(node: InstanceType<typeof ast.Logical>, facts: ReadonlyMap<string, Known>): Known {
  const isAnd = node.operator.type === TokenType.AND;
  let last: Known = unknown;
  let hasUnknown = false;
  for (const arg of node.args) {
    last = partial(arg, facts);
    const answer = truth(last);
    if (answer === undefined) hasUnknown = true;
    // One false operand decides `&&` whatever the unknown ones are, though not which value it gives.
    else if (answer !== isAnd) return hasUnknown ? known(!isAnd) : last;
  }
  return hasUnknown ? unknown : last;
}

function lookUp(path: readonly string[], facts: ReadonlyMap<string, Known>): Known {
  for (let length = path.length; length > 0; length--) {
    const fact = facts.get(path.slice(0, length).join('.'));
    if (fact === undefined) continue;
    if (length === path.length) return fact;
    // Anything below null, a text or an empty object is null.
    return fact.is === 'known' ? known(null) : unknown;
  }
  return unknown;
}

function compare(node: InstanceType<typeof ast.Binary>, facts: ReadonlyMap<string, Known>): Known {
  const left = partial(node.left, facts);
  const right = partial(node.right, facts);
  const isEquality =
    node.operator.type === TokenType.EQUAL_EQUAL || node.operator.type === TokenType.BANG_EQUAL;
  if (left.is === 'known' && right.is === 'known') {
    const contexts = { github: { left: left.value, right: right.value } };
    const text = `github.left ${node.operator.lexeme} github.right`;
    return known(evaluateTree(parseExpression(text), text, { contexts }));
  }
  if (!isEquality) return unknown;
  const [text, prefix] = left.is === 'prefix' ? [right, left] : [left, right];
  if (prefix.is !== 'prefix' || text.is !== 'known' || typeof text.value !== 'string')
    return unknown;
  const differs = !text.value.toLowerCase().startsWith(prefix.prefix.toLowerCase());
  return differs ? known(node.operator.type === TokenType.BANG_EQUAL) : unknown;
}

function call(
  node: InstanceType<typeof ast.FunctionCall>,
  facts: ReadonlyMap<string, Known>,
): Known {
  const name = node.functionName.lexeme.toLowerCase();
  if (name === 'always') return known(true);
  if (['success', 'failure', 'cancelled', 'hashfiles'].includes(name)) return unknown;
  const args = children(node).map((arg) => partial(arg, facts));
  if (name === 'startswith' && args[0]?.is === 'prefix' && args[1]?.is === 'known') {
    const [prefix, wanted] = [args[0].prefix.toLowerCase(), String(args[1].value).toLowerCase()];
    if (prefix.startsWith(wanted)) return known(true);
    return wanted.startsWith(prefix) ? unknown : known(false);
  }
  if (!args.every((arg) => arg.is === 'known')) return unknown;
  const values = Object.fromEntries(args.map((arg, i) => [`a${i}`, arg.value]));
  const text = `${name}(${args.map((_, i) => `github.a${i}`).join(', ')})`;
  try {
    return known(evaluateTree(parseExpression(text), text, { contexts: { github: values } }));
  } catch {
    // The call fails at run time; that is not the same as false.
    return unknown;
  }
}
