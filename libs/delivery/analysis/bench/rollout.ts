import type { Controller } from './controller.ts';
import type { World } from './world.ts';

/** What one simulated rollout came to. */
export interface RolloutResult {
  readonly outcome: Controller['outcome'];
  /** Seconds until it was rolled back, held or promoted. */
  readonly seconds: number;
  /** Requests of both arms until then, from the canary's first second on. */
  readonly requests: number;
  readonly canaryFailures: number;
  /** Requests harmed until the rollback, or to the horizon. */
  readonly blast: number;
  readonly promotedAt: number | undefined;
}

/**
 * Runs one rollout for at most `horizonSeconds`. To count all the harm of a release that was let through, the
 * world goes on to the horizon after the last decision.
 */
export function runRollout(
  world: World,
  controller: Controller,
  horizonSeconds: number,
  countsAllHarm: boolean,
): RolloutResult {
  let requests = 0;
  let canaryFailures = 0;
  let blast = 0;
  let decidedAt: number | undefined;
  let promotedAt: number | undefined;
  for (let at = 0; at < horizonSeconds; at++) {
    if (controller.isDone && (!countsAllHarm || controller.weight === 0)) break;
    const second = world.next(controller.weight, at);
    blast += second.harmed;
    if (controller.isDone) continue;
    const seen = controller.read(second, at);
    if (second.hasCanary) requests += seen;
    for (let i = 0; i < seen; i++) {
      if (second.canary[i] === 1) canaryFailures += second.failed[i] as number;
    }
    if (controller.outcome === 'promoted') promotedAt ??= at + 1;
    if (controller.isDone) decidedAt = at + 1;
  }
  return {
    outcome: controller.outcome,
    seconds: decidedAt ?? horizonSeconds,
    requests,
    canaryFailures,
    blast,
    promotedAt,
  };
}
