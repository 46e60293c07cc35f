import { type Revision, RolloutError, revisionName } from '@prompt-card/rollout';
import { systemClock } from '@prompt-card/local';
import type { LocalEnvironment, RunningEnvironment } from '../environment/local-environment.ts';

/**
 * Brings stable revisions back that have stopped since they were promoted, by a reboot or a crash, and
 * routes to them alone. Only for an environment without a rollout under way.
 */
export async function restoreStable(
  environment: LocalEnvironment,
  running: RunningEnvironment,
  fence: number,
  notify: (line: string) => void,
): Promise<void> {
  for (const { name } of environment.file.services) {
    const [stable] = await running.record.history(name);
    if (!stable) continue;
    if (await isServing(running, stable)) {
      // It may have come back at another address, and whoever brought it back died before saying so.
      await running.router.register(stable, fence);
      continue;
    }
    notify(`bringing ${revisionName(stable)} back: it had stopped`);
    await running.workload.deploy(stable);
    await untilHealthy(running, stable, environment.file.times.healthTimeoutSeconds * 1000);
    await running.router.route(name, [{ revision: stable, weight: 100 }], fence);
  }
}

async function isServing(running: RunningEnvironment, stable: Revision): Promise<boolean> {
  const arms = await running.router.observe(stable.service);
  const weight = arms.find(({ revisionId }) => revisionId === stable.id)?.weight;
  return weight === 100 && (await running.workload.health(stable)).state === 'healthy';
}

async function untilHealthy(
  running: RunningEnvironment,
  stable: Revision,
  timeoutMs: number,
): Promise<void> {
  const deadline = systemClock.now() + timeoutMs;
  for (;;) {
    const health = await running.workload.health(stable);
    if (health.state === 'healthy') return;
    if (health.state === 'absent' || systemClock.now() > deadline) {
      throw new RolloutError(
        'DRIFT',
        `${revisionName(stable)} does not come back: ${health.detail}`,
        {
          next: 'start afresh: npx nx run deploy:down --purge, then npx nx run deploy:canary',
        },
      );
    }
    await systemClock.sleep(100);
  }
}
