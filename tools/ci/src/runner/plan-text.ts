import type { JobPlan, RunPlan } from '@prompt-card/workflow';

/** The planner's answer as text. */
export function planText(plan: RunPlan): string {
  if (!plan.starts) return `${plan.workflow} does not start on ${plan.event}: ${plan.reason}`;
  const assumed = plan.assumed.map((text) => `assuming that ${text}`);
  const head = `${plan.workflow} starts on ${plan.event}: ${plan.reason}`;
  return [head, ...assumed, ...plan.jobs.flatMap((job) => lines(job, 1))].join('\n');
}

function lines(job: JobPlan, depth: number): string[] {
  const indent = '  '.repeat(depth);
  const mark = { runs: '▶', skipped: '○', fails: '✗' }[job.decision];
  const details = [
    ...job.assumed.map((name) => `takes ${name} as empty`),
    ...(job.unknownMatrix === undefined ? [] : [`its matrix waits for ${job.unknownMatrix}`]),
    ...job.unsupported.map((name) => `not supported here: ${name}`),
    ...(job.instances.length > 1 ? job.instances.map(({ name }) => name) : []),
  ];
  return [
    `${indent}${mark} ${job.id}: ${job.decision}, ${job.reason}`,
    ...details.map((text) => `${indent}    ${text}`),
    ...job.children.flatMap((child) => lines(child, depth + 1)),
  ];
}
