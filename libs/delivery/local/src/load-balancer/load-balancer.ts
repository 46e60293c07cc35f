import type { AddressInfo, Server } from 'node:net';
import { LocalError } from '../errors.ts';
import type { DesiredService, Fence } from './desired-service.ts';
import { RoutingStore } from './routing-store.ts';
import { Service } from './service.ts';
import type { ServiceConfig } from './service-config.ts';
import type { RevisionCounts, RevisionSecond, ServiceStatus } from './service-status.ts';

const SWEEP_MS = 100;

/** What a restarted balancer carries on counting from. */
export type CountsSnapshot = Readonly<
  Record<
    string,
    {
      readonly revisions: readonly RevisionCounts[];
      readonly unrouted: number;
      readonly refused: number;
    }
  >
>;

export interface LoadBalancerParts {
  readonly services: readonly { readonly config: ServiceConfig; readonly server: Server }[];
  readonly store: RoutingStore;
  readonly generation: number;
  /** Milliseconds since the epoch. */
  readonly countingSince: number;
  readonly earlier?: CountsSnapshot;
  readonly random?: () => number;
}

interface Listener {
  readonly service: Service;
  readonly server: Server;
  /** Desired states that a simulated propagation delay holds back. */
  pendingChanges: number;
}

/** All services of one machine: their data planes, and the one way to change them. */
export class LoadBalancer {
  readonly #listeners = new Map<string, Listener>();
  readonly #store: RoutingStore;
  readonly #generation: number;
  readonly #countingSince: number;
  readonly #clock = { nowMs: performance.now() };
  readonly #sweeper: NodeJS.Timeout;

  constructor(parts: LoadBalancerParts) {
    const { services, store, generation, countingSince, earlier = {}, random } = parts;
    this.#store = store;
    this.#generation = generation;
    this.#countingSince = countingSince;
    for (const { config, server } of services) {
      const counts = earlier[config.name];
      const service = new Service(config, this.#clock, random, counts?.revisions);
      service.unrouted = counts?.unrouted ?? 0;
      service.refused = counts?.refused ?? 0;
      service.apply(store.get(config.name)?.targets ?? [], true);
      service.serve(server);
      this.#listeners.set(config.name, { service, server, pendingChanges: 0 });
    }
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
    this.#sweeper.unref();
  }

  get services(): readonly string[] {
    return [...this.#listeners.keys()];
  }

  /** Resolves when the new state is on disk and, unless a delay is simulated, in effect. */
  async setService(name: string, desired: DesiredService): Promise<ServiceStatus> {
    const listener = this.#listener(name);
    await this.#store.update(name, (current) => {
      refuseStale(name, desired, current);
      return desired;
    });
    const delayMs = listener.service.config.simulate.propagationDelayMs;
    if (delayMs === 0) listener.service.apply(desired.targets);
    else this.#applyLater(listener, desired, delayMs);
    return this.status(name);
  }

  async takeFence(name: string, { fence, holder }: Fence): Promise<ServiceStatus> {
    this.#listener(name);
    await this.#store.update(name, (current) => {
      refuseStale(name, { fence, holder }, current);
      return { fence, holder, targets: current?.targets ?? [] };
    });
    return this.status(name);
  }

  status(name: string): ServiceStatus {
    const { service, server, pendingChanges } = this.#listener(name);
    const { address, port } = server.address() as AddressInfo;
    const { fence, holder } = this.#store.get(name) ?? { fence: 0, holder: 'nobody' };
    return {
      service: name,
      url: `http://${address}:${port}`,
      fence,
      holder,
      applied: pendingChanges === 0,
      targets: service.targetStatus(),
      revisions: service.counts(),
      unrouted: service.unrouted,
      refused: service.refused,
      generation: this.#generation,
      countingSince: this.#countingSince,
    };
  }

  series(name: string): readonly RevisionSecond[] {
    return this.#listener(name).service.seconds();
  }

  snapshot(): CountsSnapshot {
    return Object.fromEntries(
      [...this.#listeners].map(([name, { service }]) => [
        name,
        { revisions: service.counts(), unrouted: service.unrouted, refused: service.refused },
      ]),
    );
  }

  /** Accepts nothing new, lets requests in flight finish for up to `graceMs`. */
  async close(graceMs: number): Promise<void> {
    for (const { server } of this.#listeners.values()) server.close();
    await Promise.all([...this.#listeners.values()].map(({ service }) => service.close(graceMs)));
    clearInterval(this.#sweeper);
  }

  #listener(name: string): Listener {
    const listener = this.#listeners.get(name);
    if (listener !== undefined) return listener;
    throw new LocalError('SERVICE_UNKNOWN', `there is no listener for service ${name}`, {
      next: `use one of: ${this.services.join(', ')}`,
    });
  }

  #applyLater(listener: Listener, desired: DesiredService, delayMs: number): void {
    listener.pendingChanges++;
    setTimeout(() => {
      listener.pendingChanges--;
      listener.service.apply(desired.targets);
    }, delayMs).unref();
  }

  #sweep(): void {
    this.#clock.nowMs = performance.now();
    for (const { service } of this.#listeners.values()) service.sweep(this.#clock.nowMs);
  }
}

function refuseStale(name: string, asked: Fence, current: Fence | undefined): void {
  if (current === undefined || asked.fence >= current.fence) return;
  throw new LocalError(
    'FENCE_STALE',
    `${asked.holder} came to ${name} with fence ${asked.fence}, but ${current.holder} holds it with fence ${current.fence}`,
    { next: 'stop: another command has taken over; look at the status' },
  );
}
