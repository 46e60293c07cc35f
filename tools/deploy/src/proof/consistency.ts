import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { currentHolder } from '@prompt-card/local';
import { isFinished } from '@prompt-card/rollout';
import type { LocalEnvironment } from '../environment/local-environment.ts';
import { lastRollout } from '../rollout/rollout-files.ts';

/**
 * What is wrong with an environment in which nothing is under way: the release record, the routing, the
 * processes and the files have to tell the same story. Empty if they do.
 */
export async function inconsistencies(environment: LocalEnvironment): Promise<readonly string[]> {
  const problems: string[] = [];
  const last = await lastRollout(environment);
  if (!last || !isFinished(last.rollout)) {
    problems.push(`the last rollout is ${last?.rollout.phase.kind ?? 'missing'}`);
  }
  const holder = await currentHolder(environment.path('lease'));
  if (holder) problems.push(`process ${holder.process.pid} still holds the lease`);
  const running = await environment.connect();
  if (!running) return [...problems, 'the load balancer is gone'];
  for (const { name } of environment.file.services) {
    const [stable] = await environment.record.history(name);
    const { targets } = (await running.client?.service(name)) ?? { targets: [] };
    const routed = targets.map(({ revision, weight, state }) => `${revision}=${weight} ${state}`);
    if (routed.join() !== (stable ? `${stable.id}=100 active` : '')) {
      problems.push(`${name} is routed to [${routed.join(', ')}], stable is ${stable?.id}`);
    }
    const instances = (await running.workload.instances()).map(
      ({ revision, alive }) => `${revision.id} ${alive ? 'runs' : 'is dead'}`,
    );
    if (instances.join() !== (stable ? `${stable.id} runs` : '')) {
      problems.push(`instances of ${name}: [${instances.join(', ')}], stable is ${stable?.id}`);
    }
    const processes = await processesOf(environment.path('revisions', name));
    if (processes.length !== (stable ? 1 : 0))
      problems.push(`processes of ${name}: [${processes.join(', ')}]`);
  }
  const balancers = await processesOf(environment.path('balancer'));
  if (balancers.length !== 1) problems.push(`load balancers: [${balancers.join(', ')}]`);
  const left = await leftovers(environment.folder);
  if (left.length > 0) problems.push(`left behind: ${left.join(', ')}`);
  return problems;
}

/** Files that a writer began and did not finish. */
async function leftovers(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => /\.(tmp|partial|new)$/.test(name));
}

/** Command lines that name something in the folder. */
async function processesOf(folder: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines
    .filter((line) => line.split('\0').some((word) => word.startsWith(folder + path.sep)))
    .map((line) => line.split('\0').join(' ').trim());
}
