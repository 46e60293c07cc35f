import {
  type ArmStatus,
  type Revision,
  type Route,
  RolloutError,
  type TrafficCounts,
  type TrafficRouter,
  revisionName,
} from '@prompt-card/rollout';
import { LocalError } from '../errors.ts';
import type { DesiredTarget } from '../load-balancer/desired-service.ts';
import type { LoadBalancerClient } from '../load-balancer/load-balancer-client.ts';
import type { RevisionCounts, ServiceStatus } from '../load-balancer/service-status.ts';

/** Where a revision can be reached. */
export type AddressOf = (
  revision: Revision,
) => Promise<{ readonly host: string; readonly port: number }>;

/** Routes by the local load balancer. */
export class LocalTrafficRouter implements TrafficRouter {
  readonly #client: LoadBalancerClient;
  readonly #addressOf: AddressOf;
  readonly #holder: string;

  constructor(client: LoadBalancerClient, addressOf: AddressOf, holder: string) {
    this.#client = client;
    this.#addressOf = addressOf;
    this.#holder = holder;
  }

  async register(revision: Revision, fence: number): Promise<void> {
    const targets = (await this.#client.service(revision.service)).targets.filter(isActive);
    const known = targets.find((target) => target.revision === revision.id);
    const address = await this.#addressOf(revision);
    if (known && isAt(known, address)) return;
    const own: DesiredTarget = {
      revision: revision.id,
      ...address,
      weight: known?.weight ?? 0,
      state: 'active',
    };
    // Whoever had the address before is gone: it was free.
    const others = targets.filter((target) => target !== known && !isAt(target, address));
    await this.#set(revision.service, [...others.map(desired), own], fence);
  }

  async route(service: string, routes: readonly Route[], fence: number): Promise<void> {
    const targets = await Promise.all(routes.map((route) => this.#target(route)));
    const [first, ...others] = targets.flat().sort((a, b) => b.weight - a.weight);
    // One that ended may have left its port to another: without weight it is not missed.
    const distinct = others.filter((target) => target.weight > 0 || !first || !isAt(target, first));
    await this.#set(service, first ? [first, ...distinct] : [], fence);
  }

  async observe(service: string): Promise<readonly ArmStatus[]> {
    const status = await this.#client.service(service);
    const ids = new Set(status.targets.map(({ revision }) => revision));
    return [...ids].map((id) => armStatus(status, id));
  }

  async withdraw(revision: Revision, fence: number): Promise<void> {
    const { targets } = await this.#client.service(revision.service);
    const active = targets.filter(isActive);
    const own = active.find((target) => target.revision === revision.id);
    if (!own) return;
    if (own.weight > 0) {
      throw new RolloutError('DRIFT', `${revisionName(revision)} still has weight ${own.weight}`, {
        next: 'look at what runs: nx run deploy:status',
      });
    }
    const others = active.filter((target) => target !== own);
    await this.#set(revision.service, others.map(desired), fence);
  }

  /** None for a revision that never ran here and gets nothing: there is nothing to route to. */
  async #target({ revision, weight }: Route): Promise<readonly DesiredTarget[]> {
    try {
      const address = await this.#addressOf(revision);
      return [{ revision: revision.id, ...address, weight, state: 'active' }];
    } catch (error) {
      if (weight === 0 && error instanceof LocalError && error.code === 'REVISION_ABSENT') {
        return [];
      }
      throw error;
    }
  }

  async #set(service: string, targets: readonly DesiredTarget[], fence: number): Promise<void> {
    try {
      await this.#client.setService(service, { fence, holder: this.#holder, targets });
    } catch (error) {
      if (!(error instanceof LocalError) || error.code !== 'FENCE_STALE') throw error;
      throw new RolloutError('LEASE_LOST', error.message, {
        cause: error,
        next: 'see who is in charge: nx run deploy:status',
      });
    }
  }
}

/** Others have been removed already and only finish what they have. */
function isActive({ state }: DesiredTarget): boolean {
  return state === 'active';
}

function isAt(target: DesiredTarget, { host, port }: Awaited<ReturnType<AddressOf>>): boolean {
  return target.host === host && target.port === port;
}

/** A revision that came back at another address has two targets for a while. */
function armStatus(status: ServiceStatus, revisionId: string): ArmStatus {
  const targets = status.targets.filter(({ revision }) => revision === revisionId);
  const active = targets.filter(isActive);
  return {
    revisionId,
    weight: active.reduce((sum, { weight }) => sum + weight, 0),
    ready: active.some(({ health }) => health === 'healthy'),
    era: `${status.countingSince}/${status.generation}`,
    counts: trafficCounts(status, revisionId),
    inFlight: targets.reduce((sum, { inFlight }) => sum + inFlight, 0),
  };
}

function desired({ revision, host, port, weight, state }: DesiredTarget): DesiredTarget {
  return { revision, host, port, weight, state };
}

function trafficCounts({ revisions }: ServiceStatus, revisionId: string): TrafficCounts {
  const counts = revisions.find(({ revision }) => revision === revisionId);
  return counts
    ? { requests: answered(counts), errors: failed(counts), latency: counts.latency }
    : { requests: 0, errors: 0, latency: {} };
}

/** What a client gave up itself says nothing about the revision. */
function answered({ statuses, truncated }: RevisionCounts): number {
  return Object.values(statuses).reduce((sum, count) => sum + count, 0) + truncated;
}

function failed({ statuses, truncated }: RevisionCounts): number {
  return statuses['5xx'] + truncated;
}
