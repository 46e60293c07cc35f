import {
  type FindWorkflow,
  type JobPlan,
  planRun,
  type RunPlan,
  type Scenario,
  type Workflow,
} from '@prompt-card/workflow';
import { events } from './events.ts';

/** Jobs whose target does not exist yet ask for this variable, which nobody sets. */
export const notYetReachable = 'NOT_YET_REACHABLE';

/** What the plan job of ci puts out when there is something to run. */
const planned = {
  outputs: { kind: 'tasks', matrix: '{"include":[{"title":"test of core","tasks":"core:test"}]}' },
};
const promoted = { outputs: { digest: 'sha256:0123' } };

/** Outputs that jobs really have when they succeed; the planner cannot run them. */
const outputs: Scenario['jobs'] = { plan: planned, image: promoted, promote: promoted };

/**
 * One page per workflow: for every event, which jobs run and why the others do not; today, with all
 * targets there, and with each job failing in turn.
 */
export function reachabilityPage(workflow: Workflow, find: FindWorkflow): string {
  const silent: string[] = [];
  const sections: string[] = [];
  for (const [label, event] of events) {
    const today = planRun(workflow, withInputs(workflow, { event, jobs: outputs }), find);
    if (!today.starts) {
      silent.push(`- ${label}: ${today.reason}`);
      continue;
    }
    const later = { event, jobs: outputs, vars: { [notYetReachable]: 'true' } };
    const complete = planRun(workflow, withInputs(workflow, later), find);
    sections.push(`## When ${label}\n\n${table(today)}`);
    const same = table(today) === table(complete);
    if (!same) sections.push(`### … and every target exists\n\n${table(complete)}`);
    sections.push(...failures(workflow, complete, withInputs(workflow, later), find));
  }
  const none = silent.length === 0 ? '' : `\n## It does not start when\n\n${silent.join('\n')}\n`;
  return `# ${workflow.name}: which jobs run\n\nWritten by the planner; do not edit.\n\n${sections.join('\n')}${none}`;
}

/** A dispatch has to give what is required; the first option stands for all. */
function withInputs(workflow: Workflow, scenario: Scenario): Scenario {
  if (scenario.event.name !== 'workflow_dispatch') return scenario;
  const inputs: Record<string, string> = workflow.path.endsWith('rollback.yml')
    ? { environment: 'staging' }
    : {};
  return { ...scenario, event: { ...scenario.event, inputs } };
}

function failures(workflow: Workflow, plan: RunPlan, scenario: Scenario, find: FindWorkflow) {
  const lines = flatten(plan.jobs)
    .filter((job) => job.decision === 'runs' && job.children.length === 0)
    .map((failed) => {
      const jobs = { ...scenario.jobs, [failed.id]: { result: 'failure' as const } };
      const after = planRun(workflow, { ...scenario, jobs }, find);
      const lost = flatten(after.jobs).filter((job) => job.decision === 'skipped');
      const before = new Set(
        flatten(plan.jobs)
          .filter(runs)
          .map(({ id }) => id),
      );
      const skipped = lost.filter(({ id }) => before.has(id)).map(({ id }) => id);
      return `- ${failed.id} fails: the run is ${after.conclusion}${skipped.length === 0 ? '' : `; skipped: ${skipped.join(', ')}`}`;
    });
  return lines.length === 0 ? [] : [`${lines.join('\n')}\n`];
}

const runs = (job: JobPlan) => job.decision === 'runs';

function flatten(jobs: readonly JobPlan[]): JobPlan[] {
  return jobs.flatMap((job) => [job, ...flatten(job.children)]);
}

function table(plan: RunPlan): string {
  const rows = flatten(plan.jobs).map(
    ({ id, decision, reason, environment }) =>
      `| ${id} | ${decision === 'runs' ? 'runs' : decision} | ${environment ?? ''} | ${cell(reason)} |`,
  );
  return ['| job | | environment | why |', '| --- | --- | --- | --- |', ...rows, ''].join('\n');
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
