import { reasonText } from './affected.ts';
import type { PipelinePlan } from './run-plan.ts';

/** The plan as Markdown, for the summary of the job that made it. */
export function planSummary(plan: PipelinePlan): string {
  if (plan.kind === 'docs-only')
    return '## Plan\n\nOnly documents changed: only they are checked.\n';
  if (plan.kind === 'nothing') return '## Plan\n\nNo project is affected.\n';
  const tasks = plan.agents.flatMap((agent) => agent.tasks).length;
  const head = `## Plan\n\n${tasks} tasks on ${plan.agents.length} agents: about ${seconds(plan.expectedMs)}, instead of ${seconds(plan.serialMs)} on one.\n`;
  const agents = plan.agents.map(
    (agent) => `| ${agent.agent} | ${seconds(agent.expectedMs)} | ${agent.tasks.join(', ')} |`,
  );
  const reasons = plan.reasons.map((reason) => `| ${reason.project} | ${reasonText(reason)} |`);
  return [
    head,
    '| agent | expected | tasks |\n| --- | --- | --- |',
    ...agents,
    '\n### Why\n\n| project | changed file, and the way to the project |\n| --- | --- |',
    ...reasons,
    '',
  ].join('\n');
}

const seconds = (ms: number) => `${Math.round(ms / 1000)} s`;
