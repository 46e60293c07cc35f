import path from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { planRun, type Workflow } from '@prompt-card/workflow';
import { CiError } from '../../ci-error.ts';
import { git } from '../../git.ts';
import { readRepository } from '../../repository/read-repository.ts';
import { localEvent } from '../../runner/local-event.ts';
import { planText } from '../../runner/plan-text.ts';
import { readRunConfig, readSecretFile } from '../../runner/run-config.ts';
import { runSummary } from '../../runner/run-summary.ts';
import { runWorkflow } from '../../runner/run-workflow.ts';
import { translate } from '../translate.ts';

interface RunOptions {
  readonly workflow: string;
  readonly event: string;
  readonly payload?: string;
  readonly commit: string;
  readonly base: string;
  readonly job?: string;
  readonly plan?: boolean;
  readonly input: readonly string[];
  readonly secretFile?: string;
  readonly parallel: number;
  readonly root: string;
}

/** GitHub gives a cancelled step 7.5 s before it is killed. */
const graceMs = 7500;

export default function run(options: RunOptions, context: ExecutorContext) {
  return translate(async () => {
    const root = path.resolve(context.root, options.root);
    const { repository } = await readRepository(root, { waivers: [] });
    const workflow = findByName(repository.workflows, options.workflow);
    const commit = (await git(root, 'rev-parse', `${options.commit}^{commit}`)).trim();
    const inputs = Object.fromEntries(options.input.map(splitInput));
    const event = await localEvent(root, {
      name: options.event,
      commit,
      base: options.base,
      inputs,
      ...(options.payload === undefined
        ? {}
        : { payloadFile: path.resolve(context.root, options.payload) }),
    });
    const config = readRunConfig(root);
    const find = (file: string) => repository.workflows.find((item) => item.path === file);
    const secrets =
      options.secretFile === undefined
        ? {}
        : readSecretFile(path.resolve(context.root, options.secretFile));
    if (options.plan === true) {
      const plan = planRun(workflow, { event, vars: config.vars, secrets }, find);
      console.log(planText(plan));
      return plan.conclusion !== 'invalid';
    }
    const stop = stopOnSignals();
    const report = await runWorkflow({
      repository: root,
      commit,
      workflow,
      find,
      event,
      secrets,
      vars: config.vars,
      actionMap: config.actions,
      // Of this workspace, also for another repository: that one is only read.
      runsFolder: path.join(context.root, 'tmp', 'ci', 'runs'),
      parallel: options.parallel,
      signal: stop,
      graceMs,
      print: (line) => {
        console.log(line);
      },
      ...(options.job === undefined ? {} : { job: options.job }),
    });
    console.log(runSummary(report));
    return report.conclusion === 'success' || report.conclusion === 'skipped';
  });
}

function findByName(workflows: readonly Workflow[], name: string): Workflow {
  const found = workflows.find(
    ({ path: file }) => file === name || path.basename(file).replace(/\.ya?ml$/, '') === name,
  );
  if (found !== undefined) return found;
  const names = workflows.map(({ path: file }) => path.basename(file).replace(/\.ya?ml$/, ''));
  throw new CiError('WORKFLOW_UNKNOWN', `there is no workflow '${name}'`, {
    next: `workflows are: ${names.join(', ') || 'none'}`,
  });
}

function splitInput(text: string): [string, string] {
  const equals = text.indexOf('=');
  return equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)];
}

function stopOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      controller.abort();
    });
  }
  return controller.signal;
}
