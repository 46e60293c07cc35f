import { entriesOf, entry, literalText, type Located, type Position } from '../located.ts';
import { localPath } from '../plan.ts';
import type { Job, Step, Workflow } from '../workflow.ts';
import type { Finding, Repository, Rule } from './finding.ts';
import { finding, isAction, jobsOf, pathsIn, pathsOf, scriptText } from './places.ts';

/** Every value of a job in which `needs` and `steps` may be read. */
function* readsOf(job: Job): Generator<{ path: string[]; at: Position }> {
  yield* conditionReads(job.condition);
  const values = [
    job.name,
    job.strategy,
    job.env,
    job.outputs,
    job.concurrency,
    job.environment,
    job.runsOn,
    job.container,
    job.services,
    job.timeoutMinutes,
    job.continueOnError,
    job.with,
    job.secrets,
  ];
  for (const value of values) yield* pathsOf(value);
  for (const step of job.steps) {
    yield* conditionReads(step.condition);
    const parts = [step.name, step.run, step.with, step.env, step.shell, step.workingDirectory];
    for (const value of parts) yield* pathsOf(value);
  }
}

function* conditionReads({ expression, at }: { expression: string; at: Position }) {
  for (const path of pathsIn(expression)) yield { path, at };
}

export const missingNeed: Rule = {
  id: 'missing-need',
  severity: 'error',
  why: '`needs.x` of a job that is not in `needs` is null: the condition is silently false and the output silently empty.',
  fix: 'Add the job to `needs`.',
  *check(repository) {
    for (const { workflow, job } of jobsOf(repository)) {
      const reported = new Set<string>();
      for (const { path, at } of readsOf(job)) {
        const id = path[0] === 'needs' ? path[1] : undefined;
        if (id === undefined || id === '*' || reported.has(id)) continue;
        if (job.needs.some((need) => need.id.toLowerCase() === id.toLowerCase())) continue;
        reported.add(id);
        yield finding(
          this.id,
          workflow.path,
          at,
          `job ${job.id} reads needs.${id} without needing it`,
        );
      }
    }
  },
};

export const undeclaredOutput: Rule = {
  id: 'undeclared-output',
  severity: 'error',
  why: 'An output that the job or called workflow does not declare is the empty text.',
  fix: 'Declare it under `outputs:` of the job it comes from, or correct the name.',
  *check(repository) {
    for (const { workflow, job } of jobsOf(repository)) {
      const reported = new Set<string>();
      for (const { path, at } of readsOf(job)) {
        const [context, id = '', part, name] = path;
        if (context !== 'needs' || part !== 'outputs' || name === undefined || name === '*')
          continue;
        const declared = declaredOutputs(repository, workflow, id);
        const key = `${id}.${name}`;
        if (declared === undefined || reported.has(key)) continue;
        if (declared.some((output) => output.toLowerCase() === name.toLowerCase())) continue;
        reported.add(key);
        yield finding(this.id, workflow.path, at, `job ${id} declares no output ${name}`);
      }
    }
  },
};

/** Undefined when the outputs cannot be known: no such job, or a workflow of another repository. */
function declaredOutputs(repository: Repository, workflow: Workflow, id: string) {
  const job = workflow.jobs.find((candidate) => candidate.id.toLowerCase() === id.toLowerCase());
  if (job === undefined) return undefined;
  if (job.uses === undefined) return entriesOf(job.outputs).map(({ key }) => key);
  const called = calledWorkflow(repository, job);
  const call = called?.triggers.find(({ event }) => event === 'workflow_call');
  return called && entriesOf(entry(call?.config, 'outputs')).map(({ key }) => key);
}

function calledWorkflow(repository: Repository, job: Job): Workflow | undefined {
  const path = localPath(job.uses?.reference ?? '');
  return repository.workflows.find((candidate) => candidate.path === path);
}

export const outputNeverSet: Rule = {
  id: 'output-never-set',
  severity: 'error',
  why: 'An output that no step writes is the empty text, so the cache key, matrix or version built from it is empty too.',
  fix: 'Write `name=value` to "$GITHUB_OUTPUT" in that step, or correct the name.',
  *check(repository) {
    for (const { workflow, job } of jobsOf(repository)) {
      const reported = new Set<string>();
      for (const { path, at } of readsOf(job)) {
        const [context, id, part, name] = path;
        if (context !== 'steps' || part !== 'outputs' || name === undefined || name === '*')
          continue;
        const step = job.steps.find((candidate) => candidate.id === id);
        const key = `${id}.${name}`;
        if (step === undefined || reported.has(key) || mayWrite(repository, step, name)) continue;
        reported.add(key);
        yield finding(this.id, workflow.path, at, `step ${id} never sets the output ${name}`);
      }
    }
  },
};

/** Commands that cannot write the output file by themselves. */
const plainCommand =
  /^\s*(echo|printf|set|cd|export|sleep|true|false|exit|mkdir|ls|cat|if|then|else|fi|for|do|done|case|esac|#|$)/;

function mayWrite(repository: Repository, step: Step, name: string): boolean {
  if (step.uses !== undefined) {
    const path = localPath(step.uses.reference);
    const action = path === undefined ? undefined : repository.actions.get(path.replace(/\/$/, ''));
    return action === undefined || action.outputs.some((output) => output.name === name);
  }
  const script = scriptText(step.run);
  const writes = new RegExp(`(^|[^\\w-])${name.replace(/[^\w-]/g, '\\$&')}(=|<<|::)`, 'm');
  if (writes.test(script) || script.includes(`name=${name}`)) return true;
  const mentions = /GITHUB_OUTPUT|set-output/.test(script);
  // A program may write the file itself; only a script that writes other names, or calls none, is sure.
  if (!mentions) return !script.split('\n').every((line) => plainCommand.test(line));
  return (
    /GITHUB_OUTPUT/.test(script) && /(\$\{?\w+\}?)=|tee|jq|node |python/.test(withoutKnown(script))
  );
}

/** The script without the plain `echo "name=..." >> "$GITHUB_OUTPUT"` lines, whose names are known. */
function withoutKnown(script: string): string {
  return script
    .split('\n')
    .filter((line) => !/^\s*(echo|printf)\s+["']?[\w-]+=/.test(line))
    .join('\n');
}

export const unproducedArtifact: Rule = {
  id: 'unproduced-artifact',
  severity: 'error',
  why: 'Downloading an artifact that no job of the run uploads fails, or waits for a name that changed.',
  fix: 'Use the name the upload has, or upload it.',
  *check(repository) {
    for (const workflow of repository.workflows) {
      const steps = workflow.jobs.flatMap((job) => job.steps);
      const uploads = steps
        .filter((step) => isAction(step, 'actions/upload-artifact'))
        .map((step) => namePattern(entry(step.with, 'name'), 'artifact'));
      const isCalling = workflow.jobs.some((job) => job.uses !== undefined);
      const isCalled = workflow.triggers.some(({ event }) => event === 'workflow_call');
      // A caller or a called workflow shares the run, and so its artifacts.
      if (isCalling || isCalled) continue;
      for (const step of steps) {
        if (!isAction(step, 'actions/download-artifact')) continue;
        const name = entry(step.with, 'name');
        const fromElsewhere = ['run-id', 'artifact-ids', 'repository'].some(
          (key) => entry(step.with, key) !== undefined,
        );
        const text = literalText(name);
        if (name === undefined || text === undefined || fromElsewhere) continue;
        if (uploads.some((pattern) => pattern.test(text))) continue;
        yield finding(this.id, workflow.path, name.at, `no job uploads the artifact '${text}'`);
      }
    }
  },
};

/** What names an upload can have: each expression in it may be anything. */
function namePattern(name: Located | undefined, fallback: string): RegExp {
  const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  if (name?.kind !== 'expression') return new RegExp(`^${escape(literalText(name) ?? fallback)}$`);
  const format = /^format\('((?:[^']|'')*)'/.exec(name.expression)?.[1];
  if (format === undefined) return /^.*$/s;
  return new RegExp(
    `^${format
      .split(/\{\d+\}/)
      .map(escape)
      .join('.*')}$`,
    's',
  );
}

export const unparsableMatrix: Rule = {
  id: 'unparsable-matrix',
  severity: 'error',
  why: '`fromJSON` of text that is no JSON fails the job before its first step, and with it everything that needs it.',
  fix: 'Print one line of valid JSON, best by a program (`jq -c`, `JSON.stringify`).',
  *check(repository) {
    for (const { workflow, job } of jobsOf(repository)) {
      for (const { path } of pathsOf(entry(job.strategy, 'matrix'))) {
        if (path[0] !== 'needs' || path[2] !== 'outputs') continue;
        yield* brokenJson(this.id, workflow, path[1] ?? '', path[3] ?? '');
      }
      for (const { expression, at } of literalJsonTexts(job)) {
        if (isJson(expression)) continue;
        yield finding(this.id, workflow.path, at, `'${expression}' is no JSON`);
      }
    }
  },
};

function* brokenJson(
  rule: string,
  workflow: Workflow,
  id: string,
  output: string,
): Generator<Finding> {
  const job = workflow.jobs.find((candidate) => candidate.id === id);
  for (const { path } of pathsOf(entry(job?.outputs, output))) {
    const step = job?.steps.find((candidate) => path[0] === 'steps' && candidate.id === path[1]);
    const name = path[3];
    if (step?.run === undefined || name === undefined) continue;
    const escaped = name.replace(/[^\w-]/g, '\\$&');
    const line = new RegExp(`^\\s*echo\\s+(['"])${escaped}=(.*)\\1\\s*>>`, 'm');
    const [, quote, text] = line.exec(scriptText(step.run)) ?? [];
    if (text === undefined || /\$[({\w]|\{\d+\}/.test(text)) continue;
    const value = quote === '"' ? text.replaceAll('\\"', '"') : text;
    if (!isJson(value)) {
      const message = `the matrix of another job parses the output ${name}, which is no JSON: ${value}`;
      yield finding(rule, workflow.path, step.run.at, message);
    }
  }
}

/** `fromJSON('...')` with a literal text. */
function* literalJsonTexts(job: Job) {
  const matrix = entry(job.strategy, 'matrix');
  const seen: { expression: string; at: Position }[] = [];
  const visit = (value: Located | undefined): void => {
    if (value?.kind === 'expression') {
      const text = /^\s*fromJSON\('((?:[^']|'')*)'\)\s*$/i.exec(value.expression)?.[1];
      if (text !== undefined) seen.push({ expression: text.replaceAll("''", "'"), at: value.at });
    }
    if (value?.kind === 'list') value.items.forEach(visit);
    if (value?.kind === 'map') value.entries.forEach((item) => visit(item.value));
  };
  visit(matrix);
  yield* seen;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // The answer, not an accident.
    return false;
  }
}

export const callMismatch: Rule = {
  id: 'call-mismatch',
  severity: 'error',
  why: 'A called workflow or local action refuses to start without its required inputs, and ignores or refuses unknown ones.',
  fix: 'Pass exactly the inputs and secrets that the called file declares.',
  *check(repository) {
    for (const { workflow, job } of jobsOf(repository)) {
      yield* callProblems(this.id, repository, workflow, job);
    }
    for (const { path, step } of localSteps(repository)) {
      const folder = localPath(step.uses?.reference ?? '')?.replace(/\/$/, '') ?? '';
      const action = repository.actions.get(folder);
      const at = step.uses?.at ?? step.at;
      if (action === undefined) {
        yield finding(this.id, path, at, `there is no action in ${folder}`);
        continue;
      }
      const required = action.inputs.filter(
        (input) => input.isRequired && input.default === undefined,
      );
      yield* compareInputs(this.id, path, at, step.with, {
        known: action.inputs.map(({ name }) => name),
        required: required.map(({ name }) => name),
      });
    }
  },
};

function* localSteps(repository: Repository) {
  for (const { workflow, job } of jobsOf(repository)) {
    for (const step of job.steps) {
      if (localPath(step.uses?.reference ?? '') !== undefined) yield { path: workflow.path, step };
    }
  }
}

function* callProblems(rule: string, repository: Repository, workflow: Workflow, job: Job) {
  const path = localPath(job.uses?.reference ?? '');
  if (job.uses === undefined || path === undefined) return;
  const called = calledWorkflow(repository, job);
  const call = called?.triggers.find(({ event }) => event === 'workflow_call');
  if (called === undefined || call === undefined) {
    const message = called === undefined ? `${path} does not exist` : `${path} cannot be called`;
    yield finding(rule, workflow.path, job.uses.at, message);
    return;
  }
  const inputs = entriesOf(entry(call.config, 'inputs'));
  yield* compareInputs(rule, workflow.path, job.uses.at, job.with, {
    known: inputs.map(({ key }) => key),
    required: inputs
      .filter(({ value }) => isRequired(value) && entry(value, 'default') === undefined)
      .map(({ key }) => key),
  });
  if (literalText(job.secrets) === 'inherit') return;
  const secrets = entriesOf(entry(call.config, 'secrets'));
  yield* compareInputs(rule, workflow.path, job.uses.at, job.secrets, {
    known: secrets.map(({ key }) => key),
    required: secrets.filter(({ value }) => isRequired(value)).map(({ key }) => key),
  });
}

const isRequired = (declaration: Located) => literalText(entry(declaration, 'required')) === 'true';

function* compareInputs(
  rule: string,
  path: string,
  at: Position,
  given: Located | undefined,
  declared: { readonly known: readonly string[]; readonly required: readonly string[] },
): Generator<Finding> {
  const names = entriesOf(given).map(({ key }) => key.toLowerCase());
  for (const { key, keyAt } of entriesOf(given)) {
    if (declared.known.some((name) => name.toLowerCase() === key.toLowerCase())) continue;
    yield finding(rule, path, keyAt, `'${key}' is not declared by what is called`);
  }
  for (const name of declared.required) {
    if (!names.includes(name.toLowerCase())) yield finding(rule, path, at, `'${name}' is required`);
  }
}
