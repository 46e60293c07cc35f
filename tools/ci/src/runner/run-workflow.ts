import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {
  ancestorsOf,
  conclude,
  concurrencyGroup,
  decideTrigger,
  dispatchInputs,
  type FindWorkflow,
  githubContext,
  type JsonObject,
  type Workflow,
  type WorkflowEvent,
} from '@prompt-card/workflow';
import { CiError } from '../ci-error.ts';
import type { Outcome, RunFrame } from './job-state.ts';
import { Limit } from './limit.ts';
import { Masks } from './masks.ts';
import { type JobReport, runJobs } from './run-jobs.ts';
import { killMarked, startWatchdog } from './watchdog.cjs';

export interface RunRequest {
  readonly repository: string;
  readonly commit: string;
  readonly workflow: Workflow;
  readonly find: FindWorkflow;
  readonly event: WorkflowEvent;
  readonly secrets: Readonly<Record<string, string>>;
  readonly vars: Readonly<Record<string, string>>;
  readonly actionMap: Readonly<Record<string, string>>;
  /** Where the run's folder is made. */
  readonly runsFolder: string;
  readonly parallel: number;
  readonly job?: string;
  readonly signal: AbortSignal;
  readonly graceMs: number;
  readonly print: (line: string) => void;
}

/** A run that is over. */
export interface RunReport {
  readonly conclusion: Outcome | 'not started';
  readonly reason: string;
  readonly jobs: readonly JobReport[];
  readonly folder: string;
  readonly durationMs: number;
  /** Processes that outlived their step and were ended. */
  readonly leftOver: number;
}

/** Runs a workflow on this machine for one event and one commit. */
export async function runWorkflow(request: RunRequest): Promise<RunReport> {
  const started = performance.now();
  const { workflow, event } = request;
  const notStarted = (reason: string): RunReport => ({
    conclusion: 'not started',
    reason,
    jobs: [],
    folder: '',
    durationMs: performance.now() - started,
    leftOver: 0,
  });
  const [problem] = workflow.problems;
  if (problem !== undefined) return notStarted(`line ${problem.at.line}: ${problem.message}`);
  const trigger = decideTrigger(workflow, event);
  if (!trigger.starts) return notStarted(trigger.reason);
  const marker = randomUUID().replaceAll('-', '');
  const folder = path.join(request.runsFolder, `${timestamp()}-${marker.slice(0, 6)}`);
  removeAbandonedJobs(request.runsFolder);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'pid'), String(process.pid));
  fs.writeFileSync(path.join(folder, 'event.json'), JSON.stringify(event.payload, null, 2));
  const masks = new Masks();
  for (const value of Object.values(request.secrets)) masks.add(value);
  const github = githubContext(event, workflow);
  const frame: RunFrame = {
    repository: request.repository,
    commit: request.commit,
    folder,
    cacheFolder: path.join(request.runsFolder, 'cache'),
    marker,
    github,
    vars: request.vars,
    masks,
    signal: request.signal,
    lateSignal: AbortSignal.timeout(24 * 60 * 60_000),
    graceMs: request.graceMs,
    actionMap: request.actionMap,
    print: request.print,
  };
  const inputs = dispatchInputs(workflow, event, { contexts: { github, vars: request.vars } });
  const group = concurrencyGroup(workflow.concurrency, { contexts: { github, inputs } });
  const release = group === undefined ? undefined : await claimGroup(request, group);
  const watchdog = startWatchdog(marker);
  try {
    const jobs = await runJobs({
      run: frame,
      workflow,
      find: request.find,
      inputs,
      secrets: { ...request.secrets, GITHUB_TOKEN: '' } as JsonObject,
      prefix: '',
      depth: 1,
      limit: new Limit(request.parallel),
      groups: new Map(),
      ...(request.job === undefined ? {} : { only: withAncestors(workflow, request.job) }),
    });
    const leftOver = killMarked(marker);
    await untilGone(marker);
    const conclusion = request.signal.aborted
      ? 'cancelled'
      : conclude(jobs.map(({ result }) => result));
    return {
      conclusion,
      reason: trigger.reason,
      jobs,
      folder,
      durationMs: performance.now() - started,
      leftOver,
    };
  } finally {
    killMarked(marker);
    watchdog.end();
    release?.();
  }
}

/** A signal takes effect a moment later; the run is over when nothing of it is there any more. */
async function untilGone(marker: string): Promise<void> {
  const attempts = 200;
  for (let i = 0; i < attempts && killMarked(marker) > 0; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A run that was killed could not remove its work trees; its logs stay. */
function removeAbandonedJobs(runsFolder: string): void {
  const runs = fs.existsSync(runsFolder) ? fs.readdirSync(runsFolder) : [];
  for (const name of runs) {
    const jobs = path.join(runsFolder, name, 'jobs');
    const holder = Number(readOptional(path.join(runsFolder, name, 'pid')));
    if (fs.existsSync(jobs) && !isAlive(holder)) fs.rmSync(jobs, { recursive: true, force: true });
  }
}

const timestamp = () => new Date().toISOString().replace(/[:.]/g, '-');

function withAncestors(workflow: Workflow, id: string): ReadonlySet<string> {
  const jobs = new Map(workflow.jobs.map((job) => [job.id, job]));
  const job = jobs.get(id);
  if (job === undefined) {
    throw new CiError('WORKFLOW_UNKNOWN', `${workflow.path} has no job ${id}`, {
      next: `jobs are: ${[...jobs.keys()].join(', ')}`,
    });
  }
  return new Set([id, ...ancestorsOf(job, jobs)]);
}

/**
 * Runs of one concurrency group on this machine go one after the other: the group is a file with
 * the process that holds it. A file whose process is gone is taken over.
 */
async function claimGroup(request: RunRequest, group: string): Promise<() => void> {
  const file = path.join(request.runsFolder, 'groups', group.replace(/[^\w.-]+/g, '_'));
  fs.mkdirSync(path.dirname(file), { recursive: true });
  let told = false;
  while (!request.signal.aborted) {
    try {
      fs.writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => {
        fs.rmSync(file, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(readOptional(file));
    if (!isAlive(holder)) fs.rmSync(file, { force: true });
    else {
      if (!told) request.print(`waits for process ${holder}, which holds the group ${group}`);
      told = true;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  return () => undefined;
}

function readOptional(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    // Gone between the attempt and the look.
    return '';
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
