import type { StepPorts } from './execute-step.ts';
import type { ArmStatus } from './ports.ts';
import { type Revision, isSameRevision, revisionName } from './revision.ts';
import type { Rollout } from './rollout.ts';
import type { Step } from './step.ts';

/** A revision that keeps ending is brought back so often in one controller's life, and no more. */
export const MAX_RESTORATIONS = 5;

/**
 * Looks after what carries traffic while a step waits: the stable revision may die in the middle of a
 * canary, and nobody else would bring it back. Capacity comes first: the revision is started again, and the
 * router is told its address as soon as it is healthy; the weights stay as they are. Meanwhile the router
 * sends its share to whoever is healthy. A revision that the current step judges is left alone: its death is
 * a verdict.
 */
export class CapacityKeeper {
  readonly #ports: StepPorts;
  readonly #fence: number;
  readonly #restorations = new Map<string, number>();

  constructor(ports: StepPorts, fence: number) {
    this.#ports = ports;
    this.#fence = fence;
  }

  /** What it had to do, as a note for whoever watches; `undefined` where everything stands. */
  async look(rollout: Rollout, step: Step): Promise<string | undefined> {
    for (const { stable, candidate } of rollout.plan.release) {
      const kept = [stable, candidate].filter(
        (revision): revision is Revision => revision !== undefined && !isJudged(revision, step),
      );
      const arms = await this.#ports.router.observe(candidate.service);
      for (const revision of kept) {
        const arm = arms.find(({ revisionId }) => revisionId === revision.id);
        if (!arm || arm.weight === 0) continue;
        const note = await this.#keep(revision, arm);
        if (note !== undefined) return note;
      }
    }
    return undefined;
  }

  async #keep(revision: Revision, arm: ArmStatus): Promise<string | undefined> {
    const name = revisionName(revision);
    const health = await this.#ports.workload.health(revision);
    if (health.state === 'absent') {
      const count = (this.#restorations.get(name) ?? 0) + 1;
      if (count > MAX_RESTORATIONS) return `${name} keeps ending: ${health.detail}`;
      this.#restorations.set(name, count);
      await this.#ports.workload.deploy(revision);
      return `${name} had ended and is brought back`;
    }
    if (health.state !== 'healthy') return undefined;
    // It runs, and the router does not reach it: it may have come back at another address.
    if (arm.ready) return undefined;
    await this.#ports.router.register(revision, this.#fence);
    return `${name} is back and gets its share again`;
  }
}

function isJudged(revision: Revision, step: Step): boolean {
  switch (step.kind) {
    case 'migrate':
    case 'deploy':
    case 'await-healthy':
    case 'smoke-test':
    case 'set-weight':
    case 'analyse':
      return isSameRevision(revision, step.revision);
    case 'pause':
    case 'promote':
    case 'drain':
    case 'retire':
      return false;
  }
}
