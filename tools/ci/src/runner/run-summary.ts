import type { JobReport } from './run-jobs.ts';
import type { RunReport } from './run-workflow.ts';

/** The run as text: each job with its result, what was left out and why, and the slowest path. */
export function runSummary(report: RunReport): string {
  if (report.conclusion === 'not started') return `not started: ${report.reason}`;
  const lines = report.jobs.flatMap((job) => jobLines(job, 0));
  const slow = slowestPath(report.jobs);
  const path = slow.map(({ id, endedMs, startedMs }) => `${id} ${seconds(endedMs - startedMs)}`);
  const skipped = allInstances(report.jobs).flatMap((instance) =>
    instance.steps
      .filter(
        ({ outcome, reason }) => outcome === 'skipped' && reason?.includes('not on this machine'),
      )
      .map(({ name }) => name),
  );
  return [
    '',
    ...lines,
    ...(path.length === 0 ? [] : [`slowest path: ${path.join(' -> ')}`]),
    ...(skipped.length === 0 ? [] : [`actions left out: ${[...new Set(skipped)].join(', ')}`]),
    ...(report.leftOver === 0
      ? []
      : [`${report.leftOver} processes outlived their step and were ended`]),
    `logs: ${report.folder}/logs`,
    `${report.conclusion} in ${seconds(report.durationMs)}`,
  ].join('\n');
}

const marks = { success: '✓', failure: '✗', cancelled: '◌', skipped: '○' } as const;

function jobLines(job: JobReport, depth: number): string[] {
  const indent = '  '.repeat(depth);
  const time = job.result === 'skipped' ? '' : ` ${seconds(job.endedMs - job.startedMs)}`;
  const reason = job.result === 'success' || job.reason === '' ? '' : `: ${job.reason}`;
  const own = `${indent}${marks[job.result]} ${job.id}${time}${reason}`;
  const several = job.instances.length > 1 ? job.instances : [];
  const instances = several.map(
    ({ name, result, durationMs }) => `${indent}  ${marks[result]} ${name} ${seconds(durationMs)}`,
  );
  return [own, ...instances, ...job.children.flatMap((child) => jobLines(child, depth + 1))];
}

function allInstances(jobs: readonly JobReport[]): JobReport['instances'] {
  return jobs.flatMap((job) => [...job.instances, ...allInstances(job.children)]);
}

/** The chain of needs that ended last: what to make faster first. */
export function slowestPath(jobs: readonly JobReport[]): JobReport[] {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  const path: JobReport[] = [];
  let current = latest(jobs.filter(({ result }) => result !== 'skipped'));
  while (current !== undefined) {
    path.unshift(current);
    current = latest(current.needs.flatMap((id) => byId.get(id) ?? []));
  }
  return path;
}

function latest(jobs: readonly JobReport[]): JobReport | undefined {
  return jobs.reduce<JobReport | undefined>(
    (last, job) => (last === undefined || job.endedMs > last.endedMs ? job : last),
    undefined,
  );
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
