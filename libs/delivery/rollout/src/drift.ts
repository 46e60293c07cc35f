import type { Health } from './ports.ts';

/** A service as it is recorded and as it runs, at one moment without a rollout under way. */
export interface ServiceReality {
  readonly service: string;
  /** Id of the recorded stable revision; `undefined` before the first release. */
  readonly stable: string | undefined;
  /** What the last finished rollout's journal says is stable; `undefined` if it did not touch the service. */
  readonly journalled: string | undefined;
  /** Percent asked of the router per revision. */
  readonly weights: Readonly<Record<string, number>>;
  /** Every revision that has an instance, and how that is now. */
  readonly health: Readonly<Record<string, Health['state']>>;
}

/**
 * One difference between record and reality. `harmless` is what a crash or a reboot leaves behind and the
 * next rollout repairs by itself: the stable revision lacks something that it had. Anything else was
 * somebody's doing, and a person has to accept that it will be undone.
 */
export interface Drift {
  readonly service: string;
  readonly kind: 'stable-down' | 'stable-unrouted' | 'foreign-weight' | 'stranger' | 'record';
  readonly harmless: boolean;
  /** The fact. */
  readonly text: string;
  /** What a rollout does about it, where it may. */
  readonly remedy: string;
}

/** All differences of one service. */
export function findDrift(reality: ServiceReality): readonly Drift[] {
  const { service, stable, journalled, weights, health } = reality;
  const drift: Drift[] = [];
  const add = (kind: Drift['kind'], harmless: boolean, text: string, remedy: string) =>
    drift.push({ service, kind, harmless, text, remedy });
  if (journalled !== undefined && journalled !== stable) {
    add(
      'record',
      false,
      `the last rollout ended with ${service} ${journalled} as stable, the record says ${stable ?? 'none'}`,
      'the record is believed',
    );
  }
  const weighted = Object.entries(weights).filter(([id, weight]) => id !== stable && weight > 0);
  for (const [id, weight] of weighted) {
    add(
      'foreign-weight',
      false,
      `${service} ${id} gets ${weight} % and is not the stable revision`,
      stable === undefined
        ? 'the first release replaces it'
        : `all requests go to ${stable} before anything else`,
    );
  }
  const strangers = Object.entries(health).filter(
    ([id, state]) => id !== stable && state !== 'absent',
  );
  for (const [id, state] of strangers) {
    add(
      'stranger',
      false,
      `${service} ${id} runs (${state}) and nothing asks for it`,
      'it is drained and stopped',
    );
  }
  if (stable === undefined) return drift;
  const state = health[stable] ?? 'absent';
  if (state !== 'healthy') {
    add(
      'stable-down',
      true,
      `${service} ${stable} is stable and ${state}`,
      'it is brought back first',
    );
  }
  if (weights[stable] !== 100 && weighted.length === 0) {
    add(
      'stable-unrouted',
      true,
      `${service} ${stable} is stable and gets ${weights[stable] ?? 0} %`,
      'all requests go to it first',
    );
  }
  return drift;
}
