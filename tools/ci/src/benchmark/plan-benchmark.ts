import path from 'node:path';
import { median, quiet, timed } from './measure.ts';

/** Seconds of `ci:plan` beside `nx show projects --affected`, one after the other, several times. */
export interface PlanTimes {
  readonly planMs: number;
  readonly affectedMs: number;
  /** Both do the same but for the plan itself; the promise is at most 1.2. */
  readonly ratio: number;
}

export async function benchmarkPlan(root: string, rounds: number): Promise<PlanTimes> {
  const nx = path.join(root, 'node_modules', 'nx', 'dist', 'bin', 'nx.js');
  // What Nx told this process is about this workspace, not about the measured one.
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('NX_'));
  const env = { ...Object.fromEntries(own), NX_DAEMON: 'false' };
  const affected = () =>
    quiet(process.execPath, [nx, 'show', 'projects', '--affected', '--base=HEAD~1'], root, env);
  const plan = () => quiet(process.execPath, [nx, 'run', 'ci:plan', '--base=HEAD~1'], root, env);
  await affected();
  await plan();
  const affectedTimes: number[] = [];
  const planTimes: number[] = [];
  for (let i = 0; i < rounds; i++) {
    affectedTimes.push(await timed(affected));
    planTimes.push(await timed(plan));
  }
  const [planMs, affectedMs] = [median(planTimes), median(affectedTimes)];
  return { planMs, affectedMs, ratio: planMs / affectedMs };
}
