import {
  evaluate,
  explainFalse,
  isTruthy,
  parseExpression,
  references,
  calls,
  type Scope,
} from './expression.ts';
import type { Json, JsonObject } from './json.ts';
import type { Job } from './workflow.ts';

export type JobResult = 'success' | 'failure' | 'cancelled' | 'skipped';

/** A job that is over: its result after `continue-on-error`, and its outputs. */
export interface FinishedJob {
  readonly result: JobResult;
  readonly outputs: Readonly<Record<string, string>>;
}

/** Why a job runs or not; `skipped` is contagious, `if` is the workflow's own word. */
export type JobDecision =
  | { readonly runs: true; readonly reason: string }
  | {
      readonly runs: false;
      readonly cause: 'if-false' | 'needs' | 'cancelled';
      readonly reason: string;
    };

/** All jobs a job waits for, directly or through others. */
export function ancestorsOf(job: Job, jobs: ReadonlyMap<string, Job>): Set<string> {
  const found = new Set<string>();
  const visit = (id: string): void => {
    if (found.has(id)) return;
    found.add(id);
    for (const need of jobs.get(id)?.needs ?? []) visit(need.id);
  };
  for (const need of job.needs) visit(need.id);
  return found;
}

/** `needs` as the job sees it: only its direct needs. */
export function needsContext(job: Job, finished: ReadonlyMap<string, FinishedJob>): JsonObject {
  const needs: Record<string, Json> = {};
  for (const { id } of job.needs) {
    const done = finished.get(id);
    if (done !== undefined) needs[id] = { result: done.result, outputs: done.outputs };
  }
  return needs;
}

/**
 * `success()` of a job asks for the success of every ancestor, not only of its direct needs: a skip
 * or failure far above still skips it unless its own `if` calls a status function.
 */
export function jobStatus(
  ancestors: ReadonlySet<string>,
  finished: ReadonlyMap<string, FinishedJob>,
  isCancelled: boolean,
) {
  const results = [...ancestors].map((id) => finished.get(id)?.result);
  return {
    success: !isCancelled && results.every((result) => result === 'success'),
    failure: !isCancelled && results.some((result) => result === 'failure'),
    cancelled: isCancelled,
  };
}

/** Decides whether a job runs, once everything it needs is over. */
export function decideJob(
  job: Job,
  jobs: ReadonlyMap<string, Job>,
  finished: ReadonlyMap<string, FinishedJob>,
  scope: Scope,
  isCancelled = false,
): JobDecision {
  const ancestors = ancestorsOf(job, jobs);
  const status = jobStatus(ancestors, finished, isCancelled);
  const full: Scope = {
    ...scope,
    contexts: { ...scope.contexts, needs: needsContext(job, finished) },
    status,
  };
  const { expression } = job.condition;
  if (isTruthy(evaluate(expression, full))) return { runs: true, reason: whyRuns(job, finished) };
  if (isCancelled && !status.success) {
    return { runs: false, cause: 'cancelled', reason: 'the run was cancelled' };
  }
  const asksSuccess = expression.startsWith('success()');
  const broken = [...ancestors].filter((id) => finished.get(id)?.result !== 'success');
  if (asksSuccess && broken.length > 0) {
    const list = broken.map((id) => describe(id, job, finished)).join(', ');
    return { runs: false, cause: 'needs', reason: `not every job before it succeeded: ${list}` };
  }
  return { runs: false, cause: 'if-false', reason: `if: ${explainFalse(expression, full)}` };
}

function describe(id: string, job: Job, finished: ReadonlyMap<string, FinishedJob>): string {
  const isDirect = job.needs.some((need) => need.id === id);
  return `${id} is ${finished.get(id)?.result ?? 'unknown'}${isDirect ? '' : ' (further up)'}`;
}

function whyRuns(job: Job, finished: ReadonlyMap<string, FinishedJob>): string {
  const condition = job.condition.isWritten
    ? `if: ${job.condition.expression.replace(/^success\(\) && \((.*)\)$/s, '$1')}`
    : undefined;
  const needs =
    job.needs.length === 0
      ? undefined
      : job.needs.map(({ id }) => `${id} is ${finished.get(id)?.result ?? 'unknown'}`).join(', ');
  return [needs, condition].filter((part) => part !== undefined).join('; ') || 'no condition';
}

/** Outputs of needs that a condition reads although nobody has said what they are. */
export function assumedOutputs(
  job: Job,
  known: (jobId: string, output: string) => boolean,
): string[] {
  const paths = references(parseExpression(job.condition.expression));
  return paths
    .filter((path) => path[0] === 'needs' && path[2] === 'outputs' && path[3] !== undefined)
    .filter((path) => !known(path[1] ?? '', path[3] ?? ''))
    .map((path) => path.join('.'));
}

/** Whether a condition decides by itself what a skip or failure above means. */
export function callsStatus(expression: string): boolean {
  return calls(parseExpression(expression)).some((name) =>
    ['success', 'failure', 'always', 'cancelled'].includes(name),
  );
}
