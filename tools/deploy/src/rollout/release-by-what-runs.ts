import { type ReleaseSet, type Revision, RolloutError } from '@prompt-card/rollout';
import type { LocalEnvironment, RunningEnvironment } from '../environment/local-environment.ts';
import { newestRolloutNumber } from './rollout-files.ts';

/**
 * What going back means when the last rollout's journal cannot be read: the release record and the processes
 * tell. A service whose stable revision is the one that this rollout brought (they have the same number)
 * returns to the one before; whatever else runs beside a stable revision is taken away.
 */
export async function releaseByWhatRuns(
  environment: LocalEnvironment,
  running: RunningEnvironment,
): Promise<ReleaseSet> {
  const brought = `r${await newestRolloutNumber(environment)}`;
  const instances = await running.workload.instances();
  const changes = await Promise.all(
    environment.file.services.map(async ({ name }) => {
      const [stable, previous] = await environment.record.history(name);
      if (!stable) return [];
      const beside = instances
        .map(({ revision }) => revision)
        .filter(({ service, id }) => service === name && id !== stable.id);
      return stable.id === brought && previous
        ? [change(previous, stable), ...others(beside, previous)]
        : beside.map((candidate) => change(stable, candidate));
    }),
  );
  const release = changes.flat();
  if (release.length > 0) return release;
  throw new RolloutError('NOTHING_TO_DO', 'every service runs its stable revision and no other', {
    next: 'to go further back, name a revision: npx nx run deploy:rollback --to=<revision>',
  });
}

function others(beside: readonly Revision[], stable: Revision): ReleaseSet {
  return beside.filter(({ id }) => id !== stable.id).map((candidate) => change(stable, candidate));
}

function change(stable: Revision, candidate: Revision): ReleaseSet[number] {
  return { stable, candidate, migrates: false };
}
