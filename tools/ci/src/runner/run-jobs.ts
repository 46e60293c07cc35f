import {
  callInputs,
  callSecrets,
  conclude,
  concurrencyGroup,
  decideJob,
  entry,
  expandMatrix,
  type FindWorkflow,
  type FinishedJob,
  instanceName,
  isTruthy,
  type Job,
  type Json,
  type JsonObject,
  localPath,
  needsContext,
  resolve,
  type Scope,
  type Workflow,
  WorkflowError,
  workflowOutputs,
} from '@prompt-card/workflow';
import type { Outcome, RunFrame } from './job-state.ts';
import { Limit } from './limit.ts';
import { type InstanceReport, runInstance, strategyContext } from './run-job.ts';

/** A job that is over, with its instances or the jobs of the workflow it called. */
export interface JobReport {
  readonly id: string;
  readonly result: Outcome;
  readonly reason: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly instances: readonly InstanceReport[];
  readonly children: readonly JobReport[];
  readonly startedMs: number;
  readonly endedMs: number;
  readonly needs: readonly string[];
}

/** What the jobs of one workflow file share. */
export interface JobsFrame {
  readonly run: RunFrame;
  readonly workflow: Workflow;
  readonly find: FindWorkflow;
  readonly inputs: JsonObject;
  readonly secrets: JsonObject;
  readonly prefix: string;
  readonly depth: number;
  /** How many jobs run at once on this machine. */
  readonly limit: Limit;
  /** Jobs that hold a concurrency group, by the group's name. */
  readonly groups: Map<string, Promise<unknown>>;
  /** Only these jobs, when not all. */
  readonly only?: ReadonlySet<string>;
}

const maxCallDepth = 10;

/** Runs all jobs of a workflow, each as soon as everything it needs is over. */
export async function runJobs(frame: JobsFrame): Promise<JobReport[]> {
  const chosen = frame.workflow.jobs.filter((job) => frame.only?.has(job.id) ?? true);
  const jobs = new Map(chosen.map((job) => [job.id, job]));
  const finished = new Map<string, FinishedJob>();
  const reports = new Map<string, Promise<JobReport>>();
  const start = (job: Job): Promise<JobReport> => {
    const known = reports.get(job.id);
    if (known !== undefined) return known;
    const promise = (async () => {
      const needs = job.needs.flatMap(({ id }) => jobs.get(id) ?? []);
      await Promise.all(needs.map(start));
      const report = await runOne(frame, job, jobs, finished);
      finished.set(job.id, { result: report.result, outputs: report.outputs });
      return report;
    })();
    reports.set(job.id, promise);
    return promise;
  };
  return Promise.all(chosen.map(start));
}

async function runOne(
  frame: JobsFrame,
  job: Job,
  jobs: ReadonlyMap<string, Job>,
  finished: ReadonlyMap<string, FinishedJob>,
): Promise<JobReport> {
  const startedMs = performance.now();
  const { github, vars } = frame.run;
  const contexts = { github, vars, inputs: frame.inputs, needs: needsContext(job, finished) };
  const end = (result: Outcome, reason: string, more: Partial<JobReport> = {}): JobReport => ({
    id: `${frame.prefix}${job.id}`,
    result,
    reason,
    outputs: {},
    instances: [],
    children: [],
    startedMs,
    endedMs: performance.now(),
    needs: job.needs.map(({ id }) => `${frame.prefix}${id}`),
    ...more,
  });
  try {
    const decision = decideJob(job, jobs, finished, { contexts }, frame.run.signal.aborted);
    if (!decision.runs) {
      const result = decision.cause === 'cancelled' ? 'cancelled' : 'skipped';
      frame.run.print(`${frame.prefix}${job.id} ○ ${result}: ${decision.reason}`);
      return end(result, decision.reason);
    }
    return await inGroup(frame, job, { contexts }, async () =>
      job.uses === undefined
        ? runMatrix(frame, job, { contexts }, end)
        : runCall(frame, job, { contexts }, end),
    );
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    frame.run.print(`${frame.prefix}${job.id} ✗ ${error.message}`);
    return end('failure', error.message);
  }
}

type End = (result: Outcome, reason: string, more?: Partial<JobReport>) => JobReport;

/** Jobs of one concurrency group run one after the other. */
async function inGroup(
  frame: JobsFrame,
  job: Job,
  scope: Scope,
  work: () => Promise<JobReport>,
): Promise<JobReport> {
  const group = concurrencyGroup(job.concurrency, scope);
  if (group === undefined) return work();
  const before = frame.groups.get(group) ?? Promise.resolve();
  const own = before.then(work, work);
  frame.groups.set(
    group,
    own.catch(() => undefined),
  );
  return own;
}

async function runMatrix(frame: JobsFrame, job: Job, scope: Scope, end: End): Promise<JobReport> {
  const written = entry(job.strategy, 'matrix');
  const combinations = written === undefined ? [{}] : expandMatrix(resolve(written, scope));
  const failFast = booleanOf(entry(job.strategy, 'fail-fast'), scope, true);
  const limit = numberOf(entry(job.strategy, 'max-parallel'), scope, combinations.length);
  const stop = new AbortController();
  const own = new Limit(limit);
  const secrets = frame.secrets;
  const instances = await Promise.all(
    combinations.map((matrix, index) =>
      own.run(() =>
        frame.limit.run(async () => {
          const name = `${frame.prefix}${instanceName(job, scope, matrix)}`;
          const report = await runInstance(frame.run, {
            workflow: frame.workflow,
            job,
            name,
            matrix,
            strategy: strategyContext(index, combinations.length, failFast, limit),
            contexts: scope.contexts,
            secrets,
            signal: AbortSignal.any([frame.run.signal, stop.signal]),
          });
          const mark = { success: '✓', failure: '✗', cancelled: '◌', skipped: '○' }[report.result];
          const time = `${(report.durationMs / 1000).toFixed(1)} s`;
          frame.run.print(
            `${name} ${mark} ${report.result} in ${time}${report.reason === undefined ? '' : `: ${report.reason}`}`,
          );
          if (report.result === 'failure' && failFast) stop.abort();
          return report;
        }),
      ),
    ),
  );
  const outputs: Record<string, string> = {};
  for (const instance of instances) {
    for (const [name, value] of Object.entries(instance.outputs)) {
      if (value !== '') outputs[name] = value;
    }
  }
  const failed = instances.find(({ result }) => result === 'failure');
  const reason =
    failed?.reason ?? instances.find((item) => item.reason !== undefined)?.reason ?? '';
  return end(conclude(instances.map(({ result }) => result)), reason, { instances, outputs });
}

async function runCall(frame: JobsFrame, job: Job, scope: Scope, end: End): Promise<JobReport> {
  const reference = job.uses?.reference ?? '';
  const path = localPath(reference);
  if (path === undefined) return end('failure', `${reference} is not in this repository`);
  const workflow = frame.find(path);
  const call = workflow?.triggers.find(({ event }) => event === 'workflow_call');
  if (workflow === undefined || call === undefined)
    return end('failure', `${path} cannot be called`);
  const [problem] = workflow.problems;
  if (problem !== undefined) return end('failure', `${path}: ${problem.message}`);
  if (frame.depth >= maxCallDepth) return end('failure', 'calls nest too deep');
  const written = entry(job.strategy, 'matrix');
  const combinations = written === undefined ? [{}] : expandMatrix(resolve(written, scope));
  const children: JobReport[] = [];
  const outputs: Record<string, string> = {};
  for (const matrix of combinations) {
    const seen = { ...scope, contexts: { ...scope.contexts, matrix } };
    const { only: _only, ...rest } = frame;
    const inner: JobsFrame = {
      ...rest,
      workflow,
      inputs: callInputs(job, call.config, seen),
      secrets: callSecrets(job, frame.secrets, seen),
      prefix: `${frame.prefix}${instanceName(job, seen, matrix)} / `,
      depth: frame.depth + 1,
    };
    const reports = await runJobs(inner);
    children.push(...reports);
    const jobs: Record<string, Json> = {};
    for (const report of reports) {
      jobs[report.id.slice(inner.prefix.length)] = {
        result: report.result,
        outputs: report.outputs,
      };
    }
    const contexts = { github: frame.run.github, inputs: inner.inputs, jobs };
    Object.assign(outputs, workflowOutputs(call.config, { contexts }));
  }
  const result = conclude(children.map((child) => child.result));
  return end(result, `called ${path}`, { children, outputs });
}

function booleanOf(value: Parameters<typeof resolve>[0] | undefined, scope: Scope, other: boolean) {
  return value === undefined ? other : isTruthy(resolve(value, scope));
}

function numberOf(value: Parameters<typeof resolve>[0] | undefined, scope: Scope, other: number) {
  const number = value === undefined ? other : Number(resolve(value, scope));
  return Number.isFinite(number) && number >= 1 ? number : other;
}
