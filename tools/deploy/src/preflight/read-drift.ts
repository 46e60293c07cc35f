import {
  type ArmStatus,
  type Drift,
  type Health,
  type Revision,
  type Rollout,
  findDrift,
} from '@prompt-card/rollout';
import type { LocalEnvironment, RunningEnvironment } from '../environment/local-environment.ts';
import { lastRollout } from '../rollout/rollout-files.ts';

/** A service as it runs now, and how that differs from what is recorded. */
export interface ServiceReading {
  readonly service: string;
  readonly stable: Revision | undefined;
  readonly arms: readonly ArmStatus[];
  readonly health: Readonly<Record<string, Health['state']>>;
  readonly drift: readonly Drift[];
  /** Revisions that run and that nothing asks for. */
  readonly strangers: readonly Revision[];
}

/** Reads every service of an environment without a rollout under way; changes nothing. */
export async function readServices(
  environment: LocalEnvironment,
  running: RunningEnvironment | undefined,
): Promise<readonly ServiceReading[]> {
  const last = await lastRollout(environment);
  const instances = (await running?.workload.instances()) ?? [];
  return Promise.all(
    environment.file.services.map(async ({ name: service }): Promise<ServiceReading> => {
      const [stable] = await environment.record.history(service);
      const arms = (await running?.router.observe(service)) ?? [];
      const own = instances.filter(({ revision }) => revision.service === service);
      const health: Record<string, Health['state']> = {};
      for (const { revision } of own) {
        health[revision.id] = (await running?.workload.health(revision))?.state ?? 'absent';
      }
      const drift = findDrift({
        service,
        stable: stable?.id,
        journalled: journalledStable(last?.rollout, service),
        weights: Object.fromEntries(arms.map(({ revisionId, weight }) => [revisionId, weight])),
        health,
      });
      const strangers = own
        .map(({ revision }) => revision)
        .filter(({ id }) => id !== stable?.id && health[id] !== 'absent');
      return { service, stable, arms, health, drift, strangers };
    }),
  );
}

/** What a finished rollout left as stable; `undefined` where it says nothing of the service. */
function journalledStable(rollout: Rollout | undefined, service: string): string | undefined {
  const change = rollout?.plan.release.find(({ candidate }) => candidate.service === service);
  if (rollout?.phase.kind === 'promoted') return change?.candidate.id;
  return rollout?.phase.kind === 'rolled-back' ? change?.stable?.id : undefined;
}
