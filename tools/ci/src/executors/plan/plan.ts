import path from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { planPipeline, planSummary } from '@prompt-card/pipeline';
import { changedFiles } from '../../git.ts';
import { addSummary, readGithubEnvironment, setOutputs } from '../../github-environment.ts';
import { affectedProjects, tasksOf, toProjectGraph } from '../../planning/read-workspace.ts';
import { readTimings } from '../../planning/timings-file.ts';
import { translate } from '../translate.ts';

interface PlanOptions {
  readonly agents: number;
  readonly targets: readonly string[];
  readonly base?: string;
  readonly head?: string;
  readonly all?: boolean;
  readonly timings: string;
}

export default function plan(options: PlanOptions, context: ExecutorContext) {
  return translate(async () => {
    const github = readGithubEnvironment(process.env);
    const nx = context.projectGraph;
    const isFull = options.all === true || github.event === 'schedule';
    const base = options.base ?? github.base ?? context.nxJsonConfiguration.defaultBase ?? 'main';
    const head = options.head ?? github.head ?? 'HEAD';
    const files = isFull ? [] : await changedFiles(context.root, base, head);
    const affected = isFull
      ? Object.keys(nx.nodes)
      : await affectedProjects(nx, files, { base, head }, context.nxJsonConfiguration);
    const pipeline = planPipeline({
      graph: toProjectGraph(nx),
      changedFiles: isFull ? ['(every project: full run)'] : files,
      affected,
      tasks: tasksOf(nx, affected, options.targets),
      timings: readTimings(path.resolve(context.root, options.timings)),
      agents: options.agents,
    });
    const include = pipeline.agents.map(({ agent, title, tasks }) => ({
      agent,
      title,
      tasks: tasks.join(','),
    }));
    setOutputs(github.outputFile, { kind: pipeline.kind, matrix: JSON.stringify({ include }) });
    addSummary(github.summaryFile, planSummary(pipeline));
    console.log(JSON.stringify(pipeline, null, 2));
    return true;
  });
}
