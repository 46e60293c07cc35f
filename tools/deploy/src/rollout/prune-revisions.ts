import { readdir, rm } from 'node:fs/promises';
import type { LocalEnvironment, RunningEnvironment } from '../environment/local-environment.ts';

/** Removes the builds of revisions that neither run nor can be brought back. */
export async function pruneRevisions(
  environment: LocalEnvironment,
  running: RunningEnvironment,
): Promise<void> {
  const instances = await running.workload.instances();
  for (const { name } of environment.file.services) {
    const history = await running.record.history(name);
    const needed = new Set([
      ...history.map(({ id }) => id),
      ...instances
        .filter(({ revision }) => revision.service === name)
        .map(({ revision }) => revision.id),
    ]);
    const folder = environment.path('revisions', name);
    for (const id of await readdir(folder).catch(() => [])) {
      if (!needed.has(id))
        await rm(environment.path('revisions', name, id), { recursive: true, force: true });
    }
  }
}
