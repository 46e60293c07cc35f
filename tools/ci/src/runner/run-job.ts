import fs from 'node:fs';
import path from 'node:path';
import {
  asText,
  type Combination,
  entriesOf,
  isTruthy,
  type Job,
  type Json,
  type JsonObject,
  resolve,
  resolveTexts,
  type Scope,
  type Workflow,
  WorkflowError,
} from '@prompt-card/workflow';
import { CiError } from '../ci-error.ts';
import {
  type JobState,
  newScope,
  type Outcome,
  type RunFrame,
  scopeOf,
  type StepRecord,
} from './job-state.ts';
import { JobLog } from './run-log.ts';
import { runStep } from './run-step.ts';

/** One instance of a job that is over. */
export interface InstanceReport {
  readonly name: string;
  readonly result: Outcome;
  /** Before `continue-on-error`. */
  readonly outcome: Outcome;
  readonly reason?: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly steps: readonly StepRecord[];
  readonly durationMs: number;
  readonly log: string;
}

/** What an instance is made of. */
export interface InstanceRequest {
  readonly workflow: Workflow;
  readonly job: Job;
  readonly name: string;
  readonly matrix: Combination;
  readonly strategy: JsonObject;
  readonly contexts: Scope['contexts'];
  readonly secrets: JsonObject;
  /** Cancels this instance only, as `fail-fast` does. */
  readonly signal: AbortSignal;
}

/** GitHub's own limit for a job that states none. */
const defaultTimeoutMinutes = 360;

export async function runInstance(
  frame: RunFrame,
  request: InstanceRequest,
): Promise<InstanceReport> {
  const started = performance.now();
  const { job, name } = request;
  const folder = path.join(frame.folder, 'jobs', name.replace(/[^\w.-]+/g, '-'));
  const workspace = path.join(folder, 'workspace');
  fs.mkdirSync(workspace, { recursive: true });
  fs.mkdirSync(path.join(folder, 'temp'), { recursive: true });
  const log = new JobLog(path.join(frame.folder, 'logs'), name, frame.masks, (line) => {
    frame.print(`${name} │ ${line}`);
  });
  const contexts = { ...request.contexts, matrix: request.matrix, strategy: request.strategy };
  const outer: Scope = { contexts: { ...contexts, secrets: request.secrets } };
  const timeout = new AbortController();
  const limitMinutes = minutesOf(job, outer);
  const timer = setTimeout(() => {
    timeout.abort();
  }, limitMinutes * 60_000);
  const state: JobState = {
    frame,
    workflow: request.workflow,
    job,
    name,
    folder,
    workspace,
    log,
    signal: AbortSignal.any([request.signal, timeout.signal]),
    contexts,
    secrets: request.secrets,
    env: new Map(),
    paths: [],
    records: [],
    posts: [],
  };
  try {
    const answer = await runSteps(state, outer);
    const reason = timeout.signal.aborted
      ? `the job timed out after ${limitMinutes} minutes`
      : answer.reason;
    const tolerates = answer.result === 'failure' && toleratesFailure(job, outer);
    return {
      name,
      outcome: answer.result,
      result: tolerates ? 'success' : answer.result,
      ...(reason === undefined ? {} : { reason }),
      outputs: answer.outputs,
      steps: state.records,
      durationMs: performance.now() - started,
      log: log.path,
    };
  } finally {
    clearTimeout(timer);
    log.close();
    // Not synchronously: other jobs' lines wait for this thread.
    await fs.promises.rm(workspace, { recursive: true, force: true });
  }
}

interface StepsAnswer {
  readonly result: Outcome;
  readonly outputs: Readonly<Record<string, string>>;
  readonly reason?: string;
}

async function runSteps(state: JobState, outer: Scope): Promise<StepsAnswer> {
  const { job, log } = state;
  const unsupported = unsupportedIn(job);
  if (unsupported !== undefined) {
    log.note(`✗ ${unsupported}`);
    return { result: 'failure', outputs: {}, reason: unsupported };
  }
  let scope;
  try {
    const workflowEnv = resolveTexts(state.workflow.env, outer);
    const seen = { ...outer, contexts: { ...outer.contexts, env: workflowEnv } };
    scope = newScope({ ...workflowEnv, ...resolveTexts(job.env, seen) });
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    return { result: 'failure', outputs: {}, reason: error.message };
  }
  for (const { key } of entriesOf(job.services)) {
    log.note(`○ service ${key}: skipped, there is no container engine here`);
  }
  for (const step of job.steps) await runStep(state, scope, step);
  for (const post of state.posts.reverse()) {
    try {
      await post();
    } catch (error) {
      if (!(error instanceof CiError)) throw error;
      log.note(`✗ post step: ${error.message}`);
    }
  }
  const failed = state.records.find(({ conclusion }) => conclusion === 'failure');
  const result = state.signal.aborted ? 'cancelled' : scope.hasFailed ? 'failure' : 'success';
  return {
    result,
    outputs: jobOutputs(state, scopeOf(state, scope)),
    ...(failed === undefined ? {} : { reason: `${failed.name}: ${failed.reason ?? 'failed'}` }),
  };
}

/** What a job asks for that a machine without an engine cannot give. */
function unsupportedIn(job: Job): string | undefined {
  if (job.container !== undefined) return 'the job wants a container, and there is no engine here';
  return undefined;
}

function jobOutputs(state: JobState, scope: Scope): Record<string, string> {
  const outputs: Record<string, string> = {};
  for (const { key, value } of entriesOf(state.job.outputs)) {
    const text = asText(resolve(value, scope));
    if (state.frame.masks.isIn(text)) {
      state.log.note(`output ${key} is left out: it holds a secret`);
    } else outputs[key] = text;
  }
  return outputs;
}

function minutesOf(job: Job, scope: Scope): number {
  if (job.timeoutMinutes === undefined) return defaultTimeoutMinutes;
  const minutes = Number(asText(resolve(job.timeoutMinutes, scope)));
  return Number.isFinite(minutes) ? minutes : defaultTimeoutMinutes;
}

function toleratesFailure(job: Job, scope: Scope): boolean {
  return job.continueOnError !== undefined && isTruthy(resolve(job.continueOnError, scope));
}

/** `strategy` of one instance. */
export function strategyContext(index: number, total: number, failFast: boolean, limit: number) {
  const context: Record<string, Json> = {
    'fail-fast': failFast,
    'job-index': index,
    'job-total': total,
    'max-parallel': limit,
  };
  return context;
}
