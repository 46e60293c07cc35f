import { load } from './official/load.cjs';
import {
  type Entry,
  entriesOf,
  entry,
  entryOf,
  fromToken,
  literalText,
  type Located,
  textList,
} from './located.ts';
import type { Action, Condition, Job, Problem, Step, Trigger, Workflow } from './workflow.ts';
import { guardYaml } from './yaml-guard.ts';
import { contextNames } from './expression.ts';

const parser = load('parser');

/** Everything that has a meaning here; a step with another key is named as unsupported. */
const stepKeys = new Set([
  'id',
  'name',
  'if',
  'uses',
  'run',
  'with',
  'env',
  'shell',
  'working-directory',
  'timeout-minutes',
  'continue-on-error',
]);

/** Reads a workflow file. Throws only for a file too large or too deep to read safely. */
export async function parseWorkflow(path: string, content: string): Promise<Workflow> {
  guardYaml(path, content);
  const result = parser.parseWorkflow({ name: path, content }, new parser.NoOperationTraceWriter());
  if (result.value !== undefined) {
    // The conversion adds the checks between values: unknown needs, cycles, duplicate ids.
    await parser.convertWorkflowTemplate(result.context, result.value);
  }
  const problems = problemsOf(result.context.errors.getErrors());
  const root: Located =
    result.value === undefined
      ? { kind: 'map', entries: [], at: { line: 1, column: 1 } }
      : fromToken(result.value);
  return { ...workflowFrom(path, root), root, content, problems };
}

/** Reads an action's metadata file. */
export function parseAction(path: string, content: string): Action {
  guardYaml(path, content);
  const result = parser.parseAction({ name: path, content }, new parser.NoOperationTraceWriter());
  const root: Located =
    result.value === undefined
      ? { kind: 'map', entries: [], at: { line: 1, column: 1 } }
      : fromToken(result.value);
  const problems = problemsOf(result.context.errors.getErrors());
  return { ...actionFrom(path, root), root, content, problems };
}

type ParserErrors = ReturnType<
  ReturnType<typeof parser.parseWorkflow>['context']['errors']['getErrors']
>;

function problemsOf(errors: ParserErrors): Problem[] {
  return errors.map((error) => ({
    message: error.rawMessage,
    at: { line: error.range?.start.line ?? 1, column: error.range?.start.column ?? 1 },
  }));
}

function workflowFrom(path: string, root: Located) {
  return {
    path,
    name: literalText(entry(root, 'name')) ?? path,
    triggers: triggersFrom(entryOf(root, 'on')),
    ...optional({
      env: entry(root, 'env'),
      permissions: entry(root, 'permissions'),
      concurrency: entry(root, 'concurrency'),
      defaults: entry(root, 'defaults'),
    }),
    jobs: entriesOf(entry(root, 'jobs')).map(jobFrom),
  };
}

function triggersFrom(on: Entry | undefined): Trigger[] {
  if (on === undefined) return [];
  if (on.value.kind === 'map') {
    return on.value.entries.map(({ key, keyAt, value }) => ({
      event: key,
      at: keyAt,
      ...(value.kind === 'literal' ? {} : { config: value }),
    }));
  }
  return textList(on.value).map(({ text, at }) => ({ event: text, at }));
}

function jobFrom({ key, keyAt, value }: Entry): Job {
  const uses = entry(value, 'uses');
  const reference = literalText(uses);
  return {
    id: key,
    at: keyAt,
    needs: textList(entry(value, 'needs')).map(({ text, at }) => ({ id: text, at })),
    condition: conditionFrom(value, keyAt),
    ...optional({
      name: entry(value, 'name'),
      strategy: entry(value, 'strategy'),
      env: entry(value, 'env'),
      outputs: entry(value, 'outputs'),
      permissions: entry(value, 'permissions'),
      concurrency: entry(value, 'concurrency'),
      defaults: entry(value, 'defaults'),
      environment: entry(value, 'environment'),
      runsOn: entry(value, 'runs-on'),
      container: entry(value, 'container'),
      services: entry(value, 'services'),
      timeoutMinutes: entry(value, 'timeout-minutes'),
      continueOnError: entry(value, 'continue-on-error'),
      with: entry(value, 'with'),
      secrets: entry(value, 'secrets'),
      uses: uses && reference !== undefined ? { reference, at: uses.at } : undefined,
    }),
    steps: stepsFrom(entry(value, 'steps')),
  };
}

function stepsFrom(steps: Located | undefined): Step[] {
  return steps?.kind === 'list' ? steps.items.map(stepFrom) : [];
}

function stepFrom(value: Located, index: number): Step {
  const uses = entry(value, 'uses');
  const reference = literalText(uses);
  return {
    index,
    at: value.at,
    condition: conditionFrom(value, value.at),
    unsupported: entriesOf(value)
      .map(({ key }) => key)
      .filter((key) => !stepKeys.has(key)),
    ...optional({
      id: literalText(entry(value, 'id')),
      name: entry(value, 'name'),
      run: entry(value, 'run'),
      with: entry(value, 'with'),
      env: entry(value, 'env'),
      shell: entry(value, 'shell'),
      workingDirectory: entry(value, 'working-directory'),
      timeoutMinutes: entry(value, 'timeout-minutes'),
      continueOnError: entry(value, 'continue-on-error'),
      uses: uses && reference !== undefined ? { reference, at: uses.at } : undefined,
    }),
  };
}

function conditionFrom(owner: Located, at: { line: number; column: number }): Condition {
  const written = entry(owner, 'if');
  if (written === undefined) return { expression: 'success()', isWritten: false, at };
  const text =
    written.kind === 'expression'
      ? written.expression
      : (literalText(written)
          ?.trim()
          .replace(/^\$\{\{(.*)\}\}$/s, '$1')
          .trim() ?? '');
  return { expression: withStatus(text), isWritten: true, at: written.at };
}

/** `if: x` means `if: success() && (x)` unless x calls a status function itself. */
function withStatus(text: string): string {
  if (text === '') return 'success()';
  const definition = { allowedContext: allNames } as unknown as Parameters<
    typeof parser.ensureStatusFunction
  >[1];
  return parser.ensureStatusFunction(text, definition);
}

// Where a context may not stand is reported by the parser with the file; here every name is known.
const allNames = [
  ...contextNames,
  'success(0,0)',
  'failure(0,0)',
  'always(0,0)',
  'cancelled(0,0)',
  'hashFiles(1,255)',
];

function actionFrom(path: string, root: Located) {
  return {
    path,
    name: literalText(entry(root, 'name')) ?? path,
    inputs: entriesOf(entry(root, 'inputs')).map(({ key, value }) => ({
      name: key,
      isRequired: literalText(entry(value, 'required')) === 'true',
      ...optional({ default: entry(value, 'default') }),
    })),
    outputs: entriesOf(entry(root, 'outputs')).map(({ key, keyAt, value }) => ({
      name: key,
      at: keyAt,
      ...optional({ value: entry(value, 'value') }),
    })),
    runs: runsFrom(entry(root, 'runs')),
  };
}

function runsFrom(runs: Located | undefined): Action['runs'] {
  const using = literalText(entry(runs, 'using')) ?? '';
  if (using === 'composite') return { using, steps: stepsFrom(entry(runs, 'steps')) };
  if (!using.startsWith('node')) return { using: 'docker' };
  return {
    using: 'node',
    version: using,
    main: literalText(entry(runs, 'main')) ?? '',
    ...optional({
      pre: literalText(entry(runs, 'pre')),
      post: literalText(entry(runs, 'post')),
    }),
  };
}

/** Leaves absent keys absent. */
function optional<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as never;
}
