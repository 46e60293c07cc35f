import type { Json } from '../json.ts';
import { parseWorkflow } from '../parse-workflow.ts';
import { type JobPlan, planRun, type RunPlan, type Scenario } from '../plan.ts';
import type { Workflow } from '../workflow.ts';

/** A push of `ref` by octocat, the smallest event that starts `on: push`. */
export const push = (ref = 'refs/heads/main', extra: Record<string, Json> = {}) => ({
  name: 'push',
  payload: { ref, repository: repository, ...extra },
});

export const repository = { full_name: 'octo-org/octo-repo', default_branch: 'main' };

/** Plans a workflow given as text; other files of the repository by path. */
export async function plan(
  content: string,
  scenario: Partial<Scenario> = {},
  files: Readonly<Record<string, string>> = {},
): Promise<RunPlan> {
  const workflow = await parseWorkflow('.github/workflows/main.yml', content);
  const others = new Map<string, Workflow>();
  for (const [path, text] of Object.entries(files)) {
    others.set(path, await parseWorkflow(path, text));
  }
  return planRun(workflow, { event: push(), ...scenario }, (path) => others.get(path));
}

/** Every job of a plan with its called ones, as `id: result`. */
export function results(jobs: readonly JobPlan[]): Record<string, string> {
  return Object.fromEntries(
    jobs.flatMap((job) => [[job.id, job.result], ...Object.entries(results(job.children))]),
  );
}
