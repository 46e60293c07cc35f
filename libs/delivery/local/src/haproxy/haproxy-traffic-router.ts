import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ArmStatus,
  type Revision,
  type Route,
  RolloutError,
  type TrafficRouter,
  revisionName,
} from '@prompt-card/rollout';
import type { AddressOf } from '../environment/local-traffic-router.ts';
import { LocalError } from '../errors.ts';
import { commandsFor } from './commands.ts';
import { RoutingFile } from './routing-file.ts';
import {
  type Routing,
  type SlotReading,
  type Target,
  place,
  tallyOf,
  targetsOf,
} from './routing.ts';
import { runCommands } from './runtime-socket.ts';
import { readLatencies, readSlots } from './statistics.ts';

/** Until HAProxy has to have found a target healthy that is to get weight. */
const REGISTRATION_TIMEOUT_MS = 15_000;
const LOOK_INTERVAL_MS = 20;

/** Routes by a running HAProxy, through its runtime socket. */
export class HaproxyTrafficRouter implements TrafficRouter {
  readonly #directory: string;
  readonly #addressOf: AddressOf;

  constructor(directory: string, addressOf: AddressOf) {
    this.#directory = directory;
    this.#addressOf = addressOf;
  }

  async register(revision: Revision, fence: number): Promise<void> {
    const address = await this.#addressOf(revision);
    await this.#change(revision.service, fence, (current) => {
      const known = current.find((target) => target.revision === revision.id);
      const own = { revision: revision.id, ...address, weight: known?.weight ?? 0 };
      return [...current.filter((target) => target !== known), own];
    });
  }

  /**
   * HAProxy sends nothing to a slot whose health check has not passed. So tenants that are new come in
   * without weight, and the weights follow once all that are to have some are found healthy.
   */
  async route(service: string, routes: readonly Route[], fence: number): Promise<void> {
    const targets = (await Promise.all(routes.map((route) => this.#target(route)))).flat();
    await this.#change(service, fence, (current) => {
      const kept = current.map((known) => {
        const { host, port } = targets.find(({ revision }) => revision === known.revision) ?? known;
        return { ...known, host, port };
      });
      const fresh = targets.filter(
        ({ revision }) => !current.some((known) => known.revision === revision),
      );
      return [...kept, ...fresh.map((target) => ({ ...target, weight: 0 }))];
    });
    await this.#untilUp(
      service,
      targets.filter(({ weight }) => weight > 0),
    );
    await this.#change(service, fence, () => targets);
  }

  /** Takes charge of a service without changing its routing, so that older writers are refused. */
  takeFence(service: string, fence: number): Promise<void> {
    return this.#change(service, fence, (current) => current);
  }

  async observe(service: string): Promise<readonly ArmStatus[]> {
    const file = this.#file(service);
    for (;;) {
      const before = await file.read();
      const { readings, latencies } = await this.#look(service);
      const routing = await file.read();
      // A slot that changed hands meanwhile would be taken for another revision's.
      if (JSON.stringify(before) !== JSON.stringify(routing)) continue;
      return Object.entries(routing.tenants).flatMap(([slot, tenant]) => {
        const reading = readings.find((candidate) => candidate.slot === slot);
        if (!tenant || !reading) return [];
        const { revision, offset } = tenant;
        return [
          {
            revisionId: revision,
            weight: reading.weight,
            ready: reading.isUp,
            era: routing.era,
            counts: {
              ...tallyOf(offset, slot, readings),
              latency: latencies.get(revision) ?? {},
            },
            inFlight: reading.inFlight,
          },
        ];
      });
    }
  }

  async withdraw(revision: Revision, fence: number): Promise<void> {
    await this.#change(revision.service, fence, (current) => {
      const own = current.find((target) => target.revision === revision.id);
      if (own && own.weight > 0) {
        throw new RolloutError(
          'DRIFT',
          `${revisionName(revision)} still has weight ${own.weight}`,
          { next: 'look at what runs: nx run deploy:status' },
        );
      }
      return current.filter((target) => target !== own);
    });
  }

  /** None for a revision that never ran here and gets nothing: there is nothing to route to. */
  async #target({ revision, weight }: Route): Promise<readonly Target[]> {
    try {
      return [{ revision: revision.id, ...(await this.#addressOf(revision)), weight }];
    } catch (error) {
      const isAbsent = error instanceof LocalError && error.code === 'REVISION_ABSENT';
      if (weight === 0 && isAbsent) return [];
      throw error;
    }
  }

  #change(
    service: string,
    fence: number,
    decide: (current: readonly Target[]) => readonly Target[],
  ): Promise<void> {
    return this.#file(service).update(
      async (routing) => {
        if (fence < routing.fence) throw leaseLost(service, fence, routing);
        const { readings } = await this.#look(service);
        return { ...place(routing, decide(targetsOf(routing)), readings), fence };
      },
      (routing) => this.#apply(service, routing),
    );
  }

  /** HAProxy answers in prose, so it is not believed but looked at. */
  async #apply(service: string, routing: Routing): Promise<void> {
    const { readings } = await this.#look(service);
    const commands = commandsFor(service, routing, readings);
    if (commands.length === 0) return;
    const answer = await runCommands(this.#directory, commands);
    const left = commandsFor(service, routing, (await this.#look(service)).readings);
    if (left.length === 0) return;
    throw new LocalError(
      'LOAD_BALANCER_FAILED',
      `HAProxy did not obey: ${left.join('; ')}\n${answer.trim()}`,
      { next: 'read its log; the next command asks for the same again' },
    );
  }

  async #untilUp(service: string, wanted: readonly Target[]): Promise<void> {
    const deadline = performance.now() + REGISTRATION_TIMEOUT_MS;
    for (;;) {
      const arms = await this.observe(service);
      const missing = wanted.filter(
        ({ revision }) => !arms.some((arm) => arm.revisionId === revision && arm.ready),
      );
      if (missing.length === 0) return;
      if (performance.now() >= deadline) throw neverUp(service, missing);
      await sleep(LOOK_INTERVAL_MS);
    }
  }

  async #look(service: string): Promise<{
    readonly readings: readonly SlotReading[];
    readonly latencies: ReturnType<typeof readLatencies>;
  }> {
    const answer = await runCommands(this.#directory, ['show stat', `show table ${service}`]);
    const readings = readSlots(service, answer);
    if (readings.length === 0) {
      throw new LocalError('SERVICE_UNKNOWN', `HAProxy has no service ${service}`, {
        next: 'stop it (nx run deploy:down); the next command starts it with all services of the environment file',
      });
    }
    return { readings, latencies: readLatencies(answer) };
  }

  #file(service: string): RoutingFile {
    return new RoutingFile(this.#directory, service);
  }
}

function leaseLost(service: string, fence: number, routing: Routing): RolloutError {
  return new RolloutError(
    'LEASE_LOST',
    `${service} is routed by the holder of lease ${routing.fence}; this is lease ${fence}`,
    { next: 'see who is in charge: nx run deploy:status' },
  );
}

function neverUp(service: string, missing: readonly Target[]): LocalError {
  const targets = missing.map(({ revision, host, port }) => `${revision} (${host}:${port})`);
  return new LocalError(
    'WAIT_FAILED',
    `HAProxy does not find ${service} ${targets.join(', ')} healthy`,
    { next: 'compare the service’s probe path with its health path; the weights are as they were' },
  );
}
