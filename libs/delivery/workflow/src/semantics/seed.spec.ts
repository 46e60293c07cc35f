import fs from 'node:fs';
import path from 'node:path';
import { parseWorkflow } from '../parse-workflow.ts';
import { planRun } from '../plan.ts';
import { unreachableJobs } from '../reachability.ts';
import { repository } from '../testing/workflows.ts';
import type { Json } from '../json.ts';

const read = (name: string) =>
  parseWorkflow(
    `.github/workflows/${name}`,
    fs.readFileSync(path.join(__dirname, '../testing/seed', name), 'utf8'),
  );

/** Everything its `on:` can react to, and the events around it. */
const events: [string, string, Record<string, Json>][] = [
  ['push to main', 'push', { ref: 'refs/heads/main' }],
  ['push of tag v1.0.0', 'push', { ref: 'refs/tags/v1.0.0' }],
  ['push to another branch', 'push', { ref: 'refs/heads/develop' }],
  [
    'CI finished on main',
    'workflow_run',
    {
      action: 'completed',
      workflow_run: {
        name: 'Complete CI Pipeline (100% Optimized)',
        conclusion: 'success',
        head_branch: 'main',
      },
    },
  ],
  ['a pull request', 'pull_request', { action: 'opened', number: 1 }],
];

describe("the seed's cd.yml deploys nothing", () => {
  it.each(events)('on %s', async (_label, name, payload) => {
    const cd = await read('cd.yml');
    expect(cd.problems).toEqual([]);
    const plan = planRun(
      cd,
      { event: { name, payload: { repository, ...payload } } },
      () => undefined,
    );
    expect(plan.jobs.filter((job) => job.decision === 'runs')).toEqual([]);
    expect([plan.reason, ...plan.jobs.map((job) => `${job.id}: ${job.reason}`)]).toMatchSnapshot();
  });

  it('because the workflow it waits for has another name', async () => {
    const [ci, cd] = [await read('ci.yml'), await read('cd.yml')];
    expect(ci.name).toBe('Complete CI Pipeline (100% Optimized)');
    expect(cd.content).toContain('workflows: ["Complete CI Pipeline"]');
  });

  it('and production cannot be reached even with the right name', async () => {
    const cd = await read('cd.yml');
    expect(
      unreachableJobs(cd).map(({ job, reasons }) => ({ job: job.id, reasons })),
    ).toMatchSnapshot();
  });
});
