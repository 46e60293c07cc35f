import { entriesOf, type Job, literalText, type Workflow } from '@prompt-card/workflow';
import { notYetReachable } from '../reachability/reachability-page.ts';

/** The part of docs/ci.md that is written by this file, from the workflows themselves. */
export function pipelinePicture(workflows: readonly Workflow[]): string {
  const pictured = ['ci', 'cd'].flatMap(
    (name) => workflows.find((item) => item.name === name) ?? [],
  );
  const rows = workflows.map(
    (workflow) =>
      `| [${workflow.name}](../${workflow.path}) | ${workflow.triggers.map(({ event }) => event).join(', ')} | ${workflow.jobs.map(jobCell).join(', ')} | ${scopes(workflow)} |`,
  );
  return [
    ...pictured.map(
      (workflow) => `### ${workflow.name}\n\n\`\`\`mermaid\n${flowchart(workflow)}\`\`\`\n`,
    ),
    '### All workflows\n',
    'Jobs in _italics_ wait for a target that does not exist yet; the page behind each name in',
    '[reachability](reachability) says when which job runs.\n',
    '| workflow | starts on | jobs | beyond `contents: read` |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

const waits = (job: Job) => job.condition.expression.includes(notYetReachable);

const jobCell = (job: Job) => (waits(job) ? `_${job.id}_` : job.id);

function flowchart(workflow: Workflow): string {
  const nodes = workflow.jobs.map((job) => {
    const label = job.uses === undefined ? job.id : `${job.id}: ${job.uses.reference}`;
    return `  ${node(job.id)}["${label}"]`;
  });
  const starts = workflow.jobs
    .filter((job) => job.needs.length === 0)
    .map(
      (job) =>
        `  start(["${workflow.triggers.map(({ event }) => event).join(', ')}"]) --> ${node(job.id)}`,
    );
  const edges = workflow.jobs.flatMap((job) =>
    job.needs.map((need) => `  ${node(need.id)} --> ${node(job.id)}`),
  );
  return ['flowchart LR', ...nodes, ...starts, ...edges, ''].join('\n');
}

const node = (id: string) => id.replaceAll('-', '_');

function scopes(workflow: Workflow): string {
  const granted = workflow.jobs.flatMap((job) =>
    entriesOf(job.permissions).map(({ key, value }) => `${key}: ${literalText(value) ?? ''}`),
  );
  const unique = [...new Set(granted)].filter((scope) => scope !== 'contents: read').sort();
  return unique.join(', ') || '–';
}
