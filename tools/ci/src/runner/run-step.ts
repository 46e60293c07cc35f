import fs from 'node:fs';
import path from 'node:path';
import {
  type Action,
  asText,
  evaluate,
  explainFalse,
  isTruthy,
  localPath,
  type Located,
  parseAction,
  remoteAction,
  resolve,
  resolveText,
  resolveTexts,
  type Scope,
  type Step,
  WorkflowError,
} from '@prompt-card/workflow';
import { CiError } from '../ci-error.ts';
import {
  type JobState,
  newScope,
  type Outcome,
  scopeOf,
  type StepRecord,
  type StepScope,
} from './job-state.ts';
import { runProcess } from './run-process.ts';
import { shellCommand } from './shell.ts';
import { standIns } from './stand-ins.ts';

/** How a step's work ended, before `continue-on-error`. */
interface StepAnswer {
  readonly outcome: Outcome;
  readonly outputs: Readonly<Record<string, string>>;
  readonly reason?: string;
}

/** Composite actions nest at most this deep. */
const maxDepth = 10;

/** Runs one step: its condition, its work, its record. */
export async function runStep(
  state: JobState,
  scope: StepScope,
  step: Step,
  depth = 0,
): Promise<void> {
  const started = performance.now();
  let name = `step ${step.index + 1}`;
  let answer: StepAnswer;
  let tolerates = false;
  try {
    const seen = scopeOf(state, scope);
    name = label(step, seen);
    const { expression } = step.condition;
    if (!isTruthy(evaluate(expression, seen))) {
      answer = { outcome: 'skipped', outputs: {}, reason: explainFalse(expression, seen) };
    } else {
      state.log.note(`${'  '.repeat(depth)}▶ ${name}`);
      answer = await work(state, scope, step, depth);
      tolerates = isTolerated(step, scopeOf(state, scope));
    }
  } catch (error) {
    if (!(error instanceof WorkflowError || error instanceof CiError)) throw error;
    answer = { outcome: 'failure', outputs: {}, reason: error.message };
  }
  const conclusion = answer.outcome === 'failure' && tolerates ? 'success' : answer.outcome;
  if (conclusion === 'failure') scope.hasFailed = true;
  if (step.id !== undefined) {
    scope.steps[step.id] = { outcome: answer.outcome, conclusion, outputs: answer.outputs };
  }
  const record: StepRecord = {
    name,
    outcome: answer.outcome,
    conclusion,
    durationMs: performance.now() - started,
    ...(answer.reason === undefined ? {} : { reason: answer.reason }),
  };
  if (depth === 0) state.records.push(record);
  if (answer.outcome === 'failure' || answer.outcome === 'cancelled') {
    const tolerated = conclusion === 'success' ? ' (tolerated)' : '';
    state.log.note(
      `${'  '.repeat(depth)}✗ ${name}: ${answer.reason ?? answer.outcome}${tolerated}`,
    );
  } else if (answer.outcome === 'skipped') {
    state.log.note(`${'  '.repeat(depth)}○ ${name}: skipped, ${answer.reason ?? ''}`);
  }
}

function label(step: Step, scope: Scope): string {
  if (step.name !== undefined) return resolveText(step.name, scope);
  if (step.uses !== undefined) return step.uses.reference;
  const script = step.run === undefined ? '' : resolveText(step.run, scope);
  return script.split('\n')[0]?.slice(0, 80) ?? '';
}

function isTolerated(step: Step, scope: Scope): boolean {
  return step.continueOnError !== undefined && isTruthy(resolve(step.continueOnError, scope));
}

function minutes(value: Located | undefined, scope: Scope): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(asText(resolve(value, scope)));
  return Number.isFinite(number) ? number * 60_000 : undefined;
}

async function work(state: JobState, scope: StepScope, step: Step, depth: number) {
  if (step.unsupported.length > 0) {
    const keys = step.unsupported.map((key) => `\`${key}\``).join(', ');
    return failure(`this runner has no ${keys}`);
  }
  return step.uses === undefined
    ? runScript(state, scope, step)
    : runAction(state, scope, step, depth);
}

const failure = (reason: string): StepAnswer => ({ outcome: 'failure', outputs: {}, reason });
const skipped = (reason: string): StepAnswer => ({ outcome: 'skipped', outputs: {}, reason });

let scripts = 0;

async function runScript(state: JobState, scope: StepScope, step: Step): Promise<StepAnswer> {
  const outer = scopeOf(state, scope);
  const own = resolveTexts(step.env, outer);
  const seen = withEnv(outer, own);
  const defaults = defaultsOf(state, seen);
  const shell = step.shell === undefined ? defaults.shell : resolveText(step.shell, seen);
  const folder =
    step.workingDirectory === undefined
      ? defaults.workingDirectory
      : resolveText(step.workingDirectory, seen);
  const cwd = path.resolve(state.workspace, folder ?? '.');
  if (!fs.existsSync(cwd)) return failure(`working-directory ${folder ?? '.'} does not exist`);
  scripts += 1;
  const file = path.join(state.folder, 'temp', `script-${scripts}`);
  fs.writeFileSync(file, step.run === undefined ? '' : resolveText(step.run, seen));
  const [program = 'bash', ...args] = shellCommand(shell, file);
  const timeoutMs = minutes(step.timeoutMinutes, seen);
  return finish(state, scope, {
    program,
    args,
    cwd,
    env: own,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
}

async function finish(
  state: JobState,
  scope: StepScope,
  request: Parameters<typeof runProcess>[2],
): Promise<StepAnswer> {
  try {
    const answer = await runProcess(state, scope, request);
    const { outputs, endedBy, exitCode } = answer;
    if (endedBy === 'cancel') return { outcome: 'cancelled', outputs, reason: 'cancelled' };
    if (endedBy === 'timeout') {
      const limit = (request.timeoutMs ?? 0) / 60_000;
      return { outcome: 'failure', outputs, reason: `timed out after ${limit} minutes` };
    }
    if (exitCode !== 0) return { outcome: 'failure', outputs, reason: `exit code ${exitCode}` };
    return { outcome: 'success', outputs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return failure(`${request.program} is not on this machine`);
  }
}

const withEnv = (scope: Scope, own: Readonly<Record<string, string>>): Scope => ({
  ...scope,
  contexts: { ...scope.contexts, env: { ...(scope.contexts.env as object), ...own } },
});

function defaultsOf(state: JobState, scope: Scope) {
  const layers = [state.workflow.defaults, state.job.defaults];
  const result: { shell?: string; workingDirectory?: string } = {};
  for (const layer of layers) {
    const value = layer === undefined ? {} : (resolve(layer, scope) as Record<string, unknown>);
    const run = (value['run'] ?? {}) as Record<string, string>;
    if (run['shell'] !== undefined) result.shell = run['shell'];
    if (run['working-directory'] !== undefined) result.workingDirectory = run['working-directory'];
  }
  return result;
}

async function runAction(
  state: JobState,
  scope: StepScope,
  step: Step,
  depth: number,
): Promise<StepAnswer> {
  const reference = step.uses?.reference ?? '';
  const outer = scopeOf(state, scope);
  const own = resolveTexts(step.env, outer);
  const inputs = resolveTexts(step.with, withEnv(outer, own));
  const mapped =
    state.frame.actionMap[reference] ?? state.frame.actionMap[reference.split('@')[0] ?? ''];
  const local = mapped ?? localPath(reference);
  if (local !== undefined) {
    const root = mapped === undefined ? state.workspace : state.frame.repository;
    if (depth >= maxDepth) return failure(`actions nest deeper than ${maxDepth}`);
    return runLocalAction(state, scope, path.join(root, local), { inputs, env: own, depth, step });
  }
  if (reference.startsWith('docker://')) return skipped('there is no container engine here');
  const action = remoteAction(reference);
  const standIn = action === undefined ? undefined : standIns[action.name.toLowerCase()];
  if (standIn === undefined) {
    return skipped(`${reference} is not on this machine, and nothing stands in for it`);
  }
  const answer = await standIn(state, inputs);
  if (answer.failure !== undefined) return failure(answer.failure);
  if (answer.note !== undefined) state.log.note(`  ${answer.note}`);
  return { outcome: 'success', outputs: answer.outputs ?? {} };
}

interface LocalUse {
  readonly inputs: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly depth: number;
  readonly step: Step;
}

async function runLocalAction(
  state: JobState,
  scope: StepScope,
  folder: string,
  use: LocalUse,
): Promise<StepAnswer> {
  const file = ['action.yml', 'action.yaml']
    .map((name) => path.join(folder, name))
    .find((candidate) => fs.existsSync(candidate));
  if (file === undefined) return failure(`there is no action in ${folder}`);
  const action = parseAction(file, fs.readFileSync(file, 'utf8'));
  const [problem] = action.problems;
  if (problem !== undefined) return failure(`${file}:${problem.at.line}: ${problem.message}`);
  const inputs = actionInputs(action, use.inputs, scopeOf(state, scope));
  const { runs } = action;
  if (runs.using === 'docker')
    return skipped('the action is a container, and there is no engine here');
  if (runs.using === 'node') return runNodeAction(state, scope, folder, runs, { ...use, inputs });
  const inner = newScope({ ...scope.env, ...use.env });
  const composite: StepScope = { ...inner, inputs, actionPath: folder };
  for (const step of runs.steps) await runStep(state, composite, step, use.depth + 1);
  const seen = scopeOf(state, composite);
  const outputs: Record<string, string> = {};
  for (const { name, value } of action.outputs) {
    if (value !== undefined) outputs[name] = resolveText(value, seen);
  }
  if (state.signal.aborted) return { outcome: 'cancelled', outputs, reason: 'cancelled' };
  return composite.hasFailed
    ? { outcome: 'failure', outputs, reason: 'a step of the action failed' }
    : { outcome: 'success', outputs };
}

function actionInputs(action: Action, given: Readonly<Record<string, string>>, scope: Scope) {
  const inputs: Record<string, string> = { ...given };
  for (const { name, default: fallback } of action.inputs) {
    if (inputs[name] === undefined) {
      inputs[name] = fallback === undefined ? '' : resolveText(fallback, scope);
    }
  }
  return inputs;
}

/** A JavaScript action that is present runs for real, and its `post` at the end of the job. */
async function runNodeAction(
  state: JobState,
  scope: StepScope,
  folder: string,
  runs: Extract<Action['runs'], { using: 'node' }>,
  use: LocalUse,
): Promise<StepAnswer> {
  const inputs = Object.entries(use.inputs).map(([name, value]) => [
    `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`,
    value,
  ]);
  const env = { ...use.env, ...Object.fromEntries(inputs) };
  const timeoutMs = minutes(use.step.timeoutMinutes, scopeOf(state, scope));
  const request = (script: string, more: Readonly<Record<string, string>>) => ({
    program: process.execPath,
    args: [path.join(folder, script)],
    cwd: state.workspace,
    env: { ...env, ...more },
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  const answer = await runProcess(state, scope, request(runs.main, {}));
  const { post } = runs;
  if (post !== undefined) {
    const states = Object.entries(answer.states).map(([name, value]) => [`STATE_${name}`, value]);
    state.posts.push(async () => {
      state.log.note(`▶ Post ${use.step.uses?.reference ?? ''}`);
      await runProcess(state, scope, request(post, Object.fromEntries(states)));
    });
  }
  if (answer.endedBy === 'cancel')
    return { outcome: 'cancelled', outputs: answer.outputs, reason: 'cancelled' };
  const reason = answer.endedBy === 'timeout' ? 'timed out' : `exit code ${answer.exitCode}`;
  return answer.exitCode === 0 && answer.endedBy === undefined
    ? { outcome: 'success', outputs: answer.outputs }
    : { outcome: 'failure', outputs: answer.outputs, reason };
}
