import {
  isTruthy,
  parseExpression,
  references,
  resolve,
  resolveText,
  type Scope,
} from './expression.ts';
import { decideTrigger, githubContext, type WorkflowEvent } from './event.ts';
import { resolveInputs } from './inputs.ts';
import {
  assumedOutputs,
  decideJob,
  type FinishedJob,
  type JobResult,
  needsContext,
} from './job-decision.ts';
import { type Json, isJsonObject, type JsonObject } from './json.ts';
import { entriesOf, entry, expressionsIn, literalText, type Located } from './located.ts';
import { type Combination, combinationName, expandMatrix } from './matrix.ts';
import type { Job, Workflow } from './workflow.ts';
import { WorkflowError } from './workflow-error.ts';

/** What a scenario says about one job: how it ends if it runs, and what it puts out. */
export interface ScriptedJob {
  readonly result?: 'success' | 'failure' | 'cancelled';
  readonly outputs?: Readonly<Record<string, string>>;
}

/** A question to the planner: this event, and jobs that end like this. */
export interface Scenario {
  readonly event: WorkflowEvent;
  /** By job path, `deploy` or `deploy / canary` inside a called workflow; success when absent. */
  readonly jobs?: Readonly<Record<string, ScriptedJob>>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly vars?: Readonly<Record<string, string>>;
  readonly isCancelled?: boolean;
}

/** The planner's answer for one job; `children` are the jobs of a called workflow. */
export interface JobPlan {
  readonly id: string;
  readonly name: string;
  readonly decision: 'runs' | 'skipped' | 'fails';
  readonly reason: string;
  readonly result: JobResult;
  readonly outputs: Readonly<Record<string, string>>;
  readonly instances: readonly { readonly name: string; readonly matrix: Combination }[];
  /** Set when the matrix depends on something the scenario does not say. */
  readonly unknownMatrix?: string;
  readonly environment?: string;
  /** What had to be taken as empty because the scenario does not say it. */
  readonly assumed: readonly string[];
  /** Things this planner has no meaning for. */
  readonly unsupported: readonly string[];
  readonly children: readonly JobPlan[];
}

export interface RunPlan {
  readonly workflow: string;
  readonly path: string;
  readonly event: string;
  readonly starts: boolean;
  readonly reason: string;
  readonly assumed: readonly string[];
  readonly concurrencyGroup?: string;
  readonly jobs: readonly JobPlan[];
  readonly conclusion: JobResult | 'not started' | 'invalid';
}

/** Reads another workflow of the same repository by its path; `undefined` when there is none. */
export type FindWorkflow = (path: string) => Workflow | undefined;

/** Called workflows nest at most this deep, the first one included. */
const maxCallDepth = 10;

/** What every job of one run shares. */
interface Frame {
  readonly workflow: Workflow;
  readonly scenario: Scenario;
  readonly find: FindWorkflow;
  readonly github: JsonObject;
  readonly inputs: JsonObject;
  readonly secrets: JsonObject;
  /** The path of the calling job with its separator, empty at the top. */
  readonly prefix: string;
  readonly depth: number;
}

/** Which jobs of a workflow run in a scenario, and why the others do not. */
export function planRun(workflow: Workflow, scenario: Scenario, find: FindWorkflow): RunPlan {
  const head = { workflow: workflow.name, path: workflow.path, event: scenario.event.name };
  if (workflow.problems.length > 0) {
    const [first] = workflow.problems;
    const reason = `line ${first?.at.line}: ${first?.message}`;
    return { ...head, starts: false, reason, assumed: [], jobs: [], conclusion: 'invalid' };
  }
  const trigger = decideTrigger(workflow, scenario.event);
  if (!trigger.starts) {
    const { reason } = trigger;
    return { ...head, starts: false, reason, assumed: [], jobs: [], conclusion: 'not started' };
  }
  const github = githubContext(scenario.event, workflow);
  const base: Scope = { contexts: { github, vars: scenario.vars ?? {} } };
  let inputs: JsonObject;
  try {
    inputs = dispatchInputs(workflow, scenario.event, base);
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    const reason = error.message;
    return { ...head, starts: false, reason, assumed: [], jobs: [], conclusion: 'not started' };
  }
  const secrets = { GITHUB_TOKEN: 'token', ...scenario.secrets };
  const frame = { workflow, scenario, find, github, inputs, secrets, prefix: '', depth: 1 };
  const jobs = planJobs(frame);
  const group = concurrencyGroup(workflow.concurrency, { contexts: { ...base.contexts, inputs } });
  return {
    ...head,
    starts: true,
    reason: trigger.reason,
    assumed: trigger.assumed,
    ...(group === undefined ? {} : { concurrencyGroup: group }),
    jobs,
    conclusion: conclude(jobs.map((job) => job.result)),
  };
}

/** The `inputs` context of a dispatched run; other events have none. */
export function dispatchInputs(workflow: Workflow, event: WorkflowEvent, scope: Scope): JsonObject {
  const trigger = workflow.triggers.find((candidate) => candidate.event === 'workflow_dispatch');
  if (event.name !== 'workflow_dispatch') return {};
  return resolveInputs(entry(trigger?.config, 'inputs'), event.inputs ?? {}, scope);
}

/** The name of a concurrency group; undefined without one. */
export function concurrencyGroup(value: Located | undefined, scope: Scope): string | undefined {
  if (value === undefined) return undefined;
  const group = value.kind === 'map' ? entry(value, 'group') : value;
  return group === undefined ? undefined : resolveText(group, scope);
}

/** The conclusion of a run or a called workflow from its jobs' results. */
export function conclude(results: readonly JobResult[]): JobResult {
  if (results.includes('failure')) return 'failure';
  if (results.includes('cancelled')) return 'cancelled';
  return results.length > 0 && results.every((result) => result === 'skipped')
    ? 'skipped'
    : 'success';
}

function planJobs(frame: Frame): JobPlan[] {
  const jobs = new Map(frame.workflow.jobs.map((job) => [job.id, job]));
  const finished = new Map<string, FinishedJob>();
  const plans = new Map<string, JobPlan>();
  for (const job of inOrder(frame.workflow.jobs)) {
    const plan = planJob(frame, job, jobs, finished);
    plans.set(job.id, plan);
    finished.set(job.id, { result: plan.result, outputs: plan.outputs });
  }
  return frame.workflow.jobs.flatMap((job) => plans.get(job.id) ?? []);
}

/** Jobs so that each comes after all it needs; the parser has already refused cycles. */
export function inOrder(jobs: readonly Job[]): Job[] {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const ordered = new Set<Job>();
  const visit = (job: Job, open: ReadonlySet<Job>): void => {
    if (ordered.has(job) || open.has(job)) return;
    for (const { id } of job.needs) {
      const need = byId.get(id);
      if (need !== undefined) visit(need, new Set([...open, job]));
    }
    ordered.add(job);
  };
  for (const job of jobs) visit(job, new Set());
  return [...ordered];
}

function planJob(
  frame: Frame,
  job: Job,
  jobs: ReadonlyMap<string, Job>,
  finished: ReadonlyMap<string, FinishedJob>,
): JobPlan {
  const id = `${frame.prefix}${job.id}`;
  const script = frame.scenario.jobs?.[id];
  const contexts = {
    github: frame.github,
    inputs: frame.inputs,
    vars: frame.scenario.vars ?? {},
    needs: needsContext(job, finished),
  };
  const shared = {
    id,
    name: job.id,
    outputs: {},
    instances: [],
    assumed: assumedOutputs(job, (need, output) => isScripted(frame, need, output)),
    unsupported: unsupportedIn(job),
    children: [],
  };
  try {
    const decision = decideJob(job, jobs, finished, { contexts }, frame.scenario.isCancelled);
    if (!decision.runs) {
      return { ...shared, decision: 'skipped', reason: decision.reason, result: 'skipped' };
    }
    const matrix = planMatrix(frame, job, { contexts });
    const environment = environmentName(job, { contexts });
    const plan = {
      ...shared,
      ...matrix,
      ...(environment === undefined ? {} : { environment }),
      decision: 'runs' as const,
      reason: decision.reason,
    };
    if (job.uses !== undefined) return planCall(frame, job, plan, { contexts });
    const wanted = script?.result ?? 'success';
    const result = wanted === 'failure' && toleratesFailure(job, { contexts }) ? 'success' : wanted;
    return { ...plan, result, outputs: script?.outputs ?? {} };
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    return { ...shared, decision: 'fails', reason: error.message, result: 'failure' };
  }
}

/** Whether the scenario says what an output of a need is; a skipped need's outputs are empty. */
function isScripted(frame: Frame, need: string, output: string): boolean {
  const scripted = frame.scenario.jobs?.[`${frame.prefix}${need}`];
  return scripted?.outputs?.[output] !== undefined;
}

/** Job-level `continue-on-error` turns a failure into a success for the run and the jobs after it. */
function toleratesFailure(job: Job, scope: Scope): boolean {
  return job.continueOnError !== undefined && isTruthy(resolve(job.continueOnError, scope));
}

function planMatrix(frame: Frame, job: Job, scope: Scope) {
  const matrix = entry(job.strategy, 'matrix');
  const name = (combination: Combination) => instanceName(job, scope, combination);
  if (matrix === undefined) return { instances: [{ name: name({}), matrix: {} }] };
  const unknown = [...expressionsIn(matrix)]
    .flatMap(({ expression }) => references(parseExpression(expression)))
    .filter((path) => path[0] === 'needs' && path[2] === 'outputs')
    .filter((path) => !isScripted(frame, path[1] ?? '', path[3] ?? ''))
    .map((path) => path.join('.'));
  if (unknown.length > 0) return { instances: [], unknownMatrix: unknown.join(', ') };
  const combinations = expandMatrix(resolve(matrix, scope));
  return { instances: combinations.map((matrix) => ({ name: name(matrix), matrix })) };
}

/** The name of one instance: `name:` evaluated, with the matrix appended when it is not used. */
export function instanceName(job: Job, scope: Scope, combination: Combination): string {
  const contexts = { ...scope.contexts, matrix: combination };
  const written = job.name === undefined ? '' : resolveText(job.name, { ...scope, contexts });
  if (job.name?.kind === 'expression' && written !== '') return written;
  return combinationName(written || job.id, combination);
}

function environmentName(job: Job, scope: Scope): string | undefined {
  const { environment } = job;
  if (environment === undefined) return undefined;
  const name = environment.kind === 'map' ? entry(environment, 'name') : environment;
  // `matrix` is not known here; the name then shows the expression's empty value.
  return name === undefined ? undefined : resolveText(name, scope);
}

function planCall(frame: Frame, job: Job, plan: Omit<JobPlan, 'result'>, scope: Scope): JobPlan {
  const reference = job.uses?.reference ?? '';
  const path = localPath(reference);
  if (path === undefined) {
    const unsupported = [...plan.unsupported, `the called workflow ${reference} is not local`];
    const script = frame.scenario.jobs?.[plan.id];
    return {
      ...plan,
      unsupported,
      result: script?.result ?? 'success',
      outputs: script?.outputs ?? {},
    };
  }
  const called = frame.find(path);
  const failed = (reason: string): JobPlan => ({
    ...plan,
    decision: 'fails',
    reason,
    result: 'failure',
  });
  if (called === undefined) return failed(`${path} does not exist`);
  if (called.problems[0] !== undefined) return failed(`${path}: ${called.problems[0].message}`);
  if (frame.depth >= maxCallDepth) return failed(`calls nest deeper than ${maxCallDepth} levels`);
  const trigger = called.triggers.find((candidate) => candidate.event === 'workflow_call');
  if (trigger === undefined) return failed(`${path} has no workflow_call trigger`);
  const inner: Frame = {
    ...frame,
    workflow: called,
    inputs: callInputs(job, trigger.config, scope),
    secrets: callSecrets(job, frame.secrets, scope),
    prefix: `${plan.id} / `,
    depth: frame.depth + 1,
  };
  const children = planJobs(inner);
  const result = conclude(children.map((child) => child.result));
  return { ...plan, children, result, outputs: callOutputs(trigger.config, children, inner) };
}

/** The path a local reference names; `undefined` when it names another repository. */
export function localPath(reference: string): string | undefined {
  return /^(?:\.|\$)\/(.+)$/.exec(reference)?.[1];
}

/** The `inputs` of a called workflow, from the caller's `with`. */
export function callInputs(job: Job, config: Located | undefined, scope: Scope): JsonObject {
  const given = job.with === undefined ? {} : resolve(job.with, scope);
  return resolveInputs(entry(config, 'inputs'), isJsonObject(given) ? given : {}, scope);
}

/** The `secrets` of a called workflow: all of them, or those the caller names. */
export function callSecrets(job: Job, secrets: JsonObject, scope: Scope): JsonObject {
  const token = { GITHUB_TOKEN: secrets['GITHUB_TOKEN'] ?? '' };
  if (literalText(job.secrets) === 'inherit') return secrets;
  if (job.secrets === undefined) return token;
  const passed = resolve(job.secrets, { ...scope, contexts: { ...scope.contexts, secrets } });
  return { ...token, ...(isJsonObject(passed) ? passed : {}) };
}

function callOutputs(
  config: Located | undefined,
  children: readonly JobPlan[],
  frame: Frame,
): Record<string, string> {
  const jobs: Record<string, Json> = {};
  for (const child of children) {
    jobs[child.id.slice(frame.prefix.length)] = { result: child.result, outputs: child.outputs };
  }
  const contexts = { github: frame.github, inputs: frame.inputs, jobs };
  return workflowOutputs(config, { contexts });
}

/** The outputs a called workflow declares, evaluated over its finished jobs. */
export function workflowOutputs(config: Located | undefined, scope: Scope): Record<string, string> {
  const outputs: Record<string, string> = {};
  for (const { key, value } of entriesOf(entry(config, 'outputs'))) {
    const source = entry(value, 'value');
    if (source !== undefined) outputs[key] = resolveText(source, scope);
  }
  return outputs;
}

function unsupportedIn(job: Job): string[] {
  const keys = job.steps.flatMap((step) =>
    step.unsupported.map((key) => `step ${step.index + 1}: \`${key}\``),
  );
  return [...new Set(keys)];
}
