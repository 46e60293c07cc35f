import fs from 'node:fs';
import path from 'node:path';
import type { JsonObject } from '@prompt-card/workflow';
import { parseEnvFile } from './env-file.ts';
import {
  type JobState,
  type StepFiles,
  stepFiles,
  type StepScope,
  environment,
} from './job-state.ts';
import { type GroupResult, runGroup } from './process-group.ts';
import { markPrefix } from './watchdog.cjs';
import { parseCommand } from './workflow-command.ts';

/** Variables of the caller's shell that a job may have; everything else, secrets above all, stays out. */
const inherited = [
  'PATH',
  'HOME',
  'LANG',
  'LC_ALL',
  'USER',
  'TMPDIR',
  'NX_CACHE_DIRECTORY',
  'NX_WORKSPACE_DATA_DIRECTORY',
];

/** Larger summaries and outputs are refused, as on GitHub. */
const maxFileBytes = 1024 * 1024;

/** What a process left behind in its files, and how it ended. */
export interface ProcessAnswer extends GroupResult {
  readonly outputs: Readonly<Record<string, string>>;
  readonly states: Readonly<Record<string, string>>;
}

export interface ProcessRequest {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** Runs one process of a step: its environment, its files and the commands it prints. */
export async function runProcess(
  state: JobState,
  scope: StepScope,
  request: ProcessRequest,
): Promise<ProcessAnswer> {
  const files = stepFiles(state);
  const outputs = new Map<string, string>();
  const states = new Map<string, string>();
  let stopToken: string | undefined;
  const onLine = (line: string) => {
    const command = line.includes('::') ? parseCommand(line) : undefined;
    if (stopToken !== undefined) {
      if (command?.name === stopToken) stopToken = undefined;
      state.log.line(line);
      return;
    }
    if (command === undefined) {
      state.log.line(line);
      return;
    }
    switch (command.name) {
      case 'add-mask':
        state.frame.masks.add(command.value);
        return;
      case 'set-output':
        outputs.set(command.properties['name'] ?? '', command.value);
        return;
      case 'save-state':
        states.set(command.properties['name'] ?? '', command.value);
        return;
      case 'stop-commands':
        stopToken = command.value;
        return;
      case 'debug':
        return;
      case 'endgroup':
        return;
      case 'group':
        state.log.line(`▸ ${command.value}`);
        return;
      case 'error':
      case 'warning':
      case 'notice': {
        const { file, line: at } = command.properties;
        const place = file === undefined ? '' : ` ${file}${at === undefined ? '' : `:${at}`}`;
        state.log.line(`${command.name}${place}: ${command.value}`);
        return;
      }
      default:
        state.log.line(line);
    }
  };
  const result = await runGroup(request.program, request.args, {
    cwd: request.cwd,
    env: processEnvironment(state, scope, files, request.env),
    // A step that starts after the cancellation is one that asked to: `always()`, `cancelled()`.
    signal: state.signal.aborted ? state.frame.lateSignal : state.signal,
    graceMs: state.frame.graceMs,
    onLine,
    ...(request.timeoutMs === undefined ? {} : { timeoutMs: request.timeoutMs }),
  });
  state.log.flush();
  for (const [name, value] of parseEnvFile('GITHUB_OUTPUT', read(files.output))) {
    outputs.set(name, value);
  }
  for (const [name, value] of parseEnvFile('GITHUB_STATE', read(files.state))) {
    states.set(name, value);
  }
  applyFiles(state, files);
  return { ...result, outputs: Object.fromEntries(outputs), states: Object.fromEntries(states) };
}

function read(file: string): string {
  if (!fs.existsSync(file)) return '';
  return fs.statSync(file).size > maxFileBytes ? '' : fs.readFileSync(file, 'utf8');
}

function applyFiles(state: JobState, files: StepFiles): void {
  for (const [name, value] of parseEnvFile('GITHUB_ENV', read(files.env))) {
    // As on GitHub: a step cannot make later ones load code through Node's own options.
    if (/^(GITHUB_|RUNNER_)/.test(name) || name === 'NODE_OPTIONS') continue;
    state.env.set(name, value);
  }
  for (const line of read(files.path).split('\n')) if (line !== '') state.paths.unshift(line);
  const summary = read(files.summary);
  if (summary !== '') {
    fs.appendFileSync(path.join(state.folder, 'summary.md'), state.frame.masks.apply(summary));
  }
}

function processEnvironment(
  state: JobState,
  scope: StepScope,
  files: StepFiles,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const base: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    const passes = inherited.includes(name) || name.startsWith(markPrefix);
    if (passes && value !== undefined) base[name] = value;
  }
  const github = state.contexts.github as JsonObject;
  const fromGithub = Object.entries(github)
    .filter(([, value]) => typeof value === 'string')
    .filter(([name]) => !['token', 'event'].includes(name))
    .map(([name, value]) => [`GITHUB_${name.toUpperCase()}`, String(value)]);
  const env: Record<string, string> = {
    ...base,
    CI: 'true',
    NX_DAEMON: 'false',
    ...Object.fromEntries(fromGithub),
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: state.workspace,
    GITHUB_JOB: state.job.id,
    GITHUB_EVENT_PATH: path.join(state.frame.folder, 'event.json'),
    GITHUB_ENV: files.env,
    GITHUB_OUTPUT: files.output,
    GITHUB_PATH: files.path,
    GITHUB_STATE: files.state,
    GITHUB_STEP_SUMMARY: files.summary,
    RUNNER_OS: 'Linux',
    RUNNER_ARCH: process.arch === 'arm64' ? 'ARM64' : 'X64',
    RUNNER_NAME: 'local',
    RUNNER_TEMP: path.join(state.folder, 'temp'),
    RUNNER_TOOL_CACHE: path.join(state.folder, 'tools'),
    ...(scope.actionPath === undefined ? {} : { GITHUB_ACTION_PATH: scope.actionPath }),
    ...environment(state, scope),
    ...own,
    [`${markPrefix}${state.frame.marker}`]: '1',
  };
  env['PATH'] = [...state.paths, env['PATH'] ?? ''].join(':');
  return env;
}
