import fs from 'node:fs';
import path from 'node:path';
import type { Job, Json, JsonObject, Scope, Step, Workflow } from '@prompt-card/workflow';
import { hashFiles } from './file-patterns.ts';
import type { Masks } from './masks.ts';
import type { JobLog } from './run-log.ts';

export type Outcome = 'success' | 'failure' | 'cancelled' | 'skipped';

/** What every job of a run shares. */
export interface RunFrame {
  /** The repository the run is for; never written. */
  readonly repository: string;
  readonly commit: string;
  /** Where logs, artifacts and jobs' folders lie. */
  readonly folder: string;
  /** Kept between runs. */
  readonly cacheFolder: string;
  readonly marker: string;
  readonly github: JsonObject;
  readonly vars: JsonObject;
  readonly masks: Masks;
  readonly signal: AbortSignal;
  /** Ends what may still run after a cancellation: `always()` steps, post steps. */
  readonly lateSignal: AbortSignal;
  readonly graceMs: number;
  /** Local actions in place of others, by what `uses:` says. */
  readonly actionMap: Readonly<Record<string, string>>;
  readonly print: (line: string) => void;
}

/** One step that is over. */
export interface StepRecord {
  readonly name: string;
  readonly outcome: Outcome;
  readonly conclusion: Outcome;
  readonly durationMs: number;
  /** Why it was skipped or failed, where there is something to say. */
  readonly reason?: string;
}

/** One instance of a job while it runs. */
export interface JobState {
  readonly frame: RunFrame;
  readonly workflow: Workflow;
  readonly job: Job;
  readonly name: string;
  readonly folder: string;
  readonly workspace: string;
  readonly log: JobLog;
  readonly signal: AbortSignal;
  readonly contexts: Scope['contexts'];
  readonly secrets: JsonObject;
  /** Set by GITHUB_ENV, over the `env:` of workflow and job. */
  readonly env: Map<string, string>;
  readonly paths: string[];
  readonly records: StepRecord[];
  /** Post steps of actions, run in reverse at the end. */
  readonly posts: (() => Promise<void>)[];
}

/** The steps of a job or of one use of a composite action: what `steps` and `inputs` mean there. */
export interface StepScope {
  readonly steps: Record<string, Json>;
  readonly inputs?: JsonObject;
  readonly actionPath?: string;
  readonly env: Readonly<Record<string, string>>;
  hasFailed: boolean;
}

export function newScope(env: Readonly<Record<string, string>>): StepScope {
  return { steps: {}, env, hasFailed: false };
}

/** What an expression of a step sees. */
export function scopeOf(state: JobState, scope: StepScope): Scope {
  const isCancelled = state.signal.aborted;
  const github = state.contexts.github as JsonObject;
  return {
    contexts: {
      ...state.contexts,
      github: {
        ...github,
        job: state.job.id,
        workspace: state.workspace,
        ...(scope.actionPath === undefined ? {} : { action_path: scope.actionPath }),
      },
      ...(scope.inputs === undefined ? {} : { inputs: scope.inputs }),
      env: environment(state, scope),
      steps: scope.steps,
      secrets: state.secrets,
      runner: runnerContext(state),
      job: { status: isCancelled ? 'cancelled' : scope.hasFailed ? 'failure' : 'success' },
    },
    status: {
      success: !isCancelled && !scope.hasFailed,
      failure: !isCancelled && scope.hasFailed,
      cancelled: isCancelled,
    },
    hashFiles: (patterns) => hashFiles(state.workspace, patterns),
  };
}

export function environment(state: JobState, scope: StepScope): Record<string, string> {
  return { ...scope.env, ...Object.fromEntries(state.env) };
}

export function runnerContext(state: JobState): JsonObject {
  return {
    os: 'Linux',
    arch: process.arch === 'arm64' ? 'ARM64' : 'X64',
    name: 'local',
    environment: 'self-hosted',
    temp: path.join(state.folder, 'temp'),
    tool_cache: path.join(state.folder, 'tools'),
    debug: '',
  };
}

/** What a step shows: its name, else its command or action. */
export function stepLabel(step: Step, resolve: (step: Step) => string | undefined): string {
  const text = resolve(step);
  return text === undefined || text === '' ? `step ${step.index + 1}` : text;
}

/** The files through which a step speaks to the runner. */
export interface StepFiles {
  readonly env: string;
  readonly output: string;
  readonly path: string;
  readonly state: string;
  readonly summary: string;
}

let counter = 0;

export function stepFiles(state: JobState): StepFiles {
  const folder = path.join(state.folder, 'files');
  fs.mkdirSync(folder, { recursive: true });
  counter += 1;
  const file = (name: string) => {
    const full = path.join(folder, `${counter}-${name}`);
    fs.writeFileSync(full, '');
    return full;
  };
  return {
    env: file('env'),
    output: file('output'),
    path: file('path'),
    state: file('state'),
    summary: file('summary'),
  };
}
