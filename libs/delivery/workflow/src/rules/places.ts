import { expressionsIn, literalText, type Located, type Position } from '../located.ts';
import { type Expr, flowingReferences, parseExpression, references } from '../expression.ts';
import type { Action, Job, Step, Workflow } from '../workflow.ts';
import type { Finding, Repository } from './finding.ts';

/** A step with the file, and the job when it is not part of an action. */
export interface StepPlace {
  readonly path: string;
  readonly content: string;
  readonly step: Step;
  readonly job?: Job;
  readonly workflow?: Workflow;
}

/** Every step of every workflow and local composite action. */
export function* stepsOf(repository: Repository): Generator<StepPlace> {
  for (const workflow of repository.workflows) {
    for (const job of workflow.jobs) {
      for (const step of job.steps) {
        yield { path: workflow.path, content: workflow.content, step, job, workflow };
      }
    }
  }
  for (const action of repository.actions.values()) {
    for (const step of stepsOfAction(action)) {
      yield { path: action.path, content: action.content, step };
    }
  }
}

export function stepsOfAction(action: Action): readonly Step[] {
  return action.runs.using === 'composite' ? action.runs.steps : [];
}

export function* jobsOf(repository: Repository): Generator<{ workflow: Workflow; job: Job }> {
  for (const workflow of repository.workflows) {
    for (const job of workflow.jobs) yield { workflow, job };
  }
}

/** An action's reference in its parts; `undefined` for local actions and images. */
export function remoteAction(reference: string): { name: string; ref: string } | undefined {
  if (/^(\.|\$)\//.test(reference) || reference.startsWith('docker://')) return undefined;
  const at = reference.lastIndexOf('@');
  return at < 0
    ? { name: reference, ref: '' }
    : { name: reference.slice(0, at), ref: reference.slice(at + 1) };
}

export const isAction = (step: Step, name: string): boolean =>
  remoteAction(step.uses?.reference ?? '')?.name.toLowerCase() === name;

/** Context paths an expression reads; an expression nobody can parse reads nothing. */
export function pathsIn(expression: string): string[][] {
  const tree = tryParse(expression);
  return tree === undefined ? [] : references(tree);
}

export function tryParse(expression: string): Expr | undefined {
  try {
    return parseExpression(expression);
  } catch {
    // Reported by the parser itself, once.
    return undefined;
  }
}

/** Context paths whose text can be part of the result; what is only compared or tested cannot. */
export function flowingPathsIn(expression: string): string[][] {
  const tree = tryParse(expression);
  return tree === undefined ? [] : flowingReferences(tree);
}

/** Every context path read anywhere in a value, with the place of its expression. */
export function* pathsOf(value: Located | undefined): Generator<{ path: string[]; at: Position }> {
  for (const { expression, at } of expressionsIn(value)) {
    for (const path of pathsIn(expression)) yield { path, at };
  }
}

export function finding(rule: string, path: string, at: Position, message: string): Finding {
  return { rule, path, line: at.line, column: at.column, message };
}

export function listensTo(workflow: Workflow, ...events: string[]): boolean {
  return workflow.triggers.some(({ event }) => events.includes(event));
}

/** The text of a script, with expressions left in place. */
export function scriptText(run: Located | undefined): string {
  if (run?.kind === 'expression') return run.expression;
  return literalText(run) ?? '';
}
