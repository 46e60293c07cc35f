import { RolloutError } from '../errors.ts';
import { latencyBin } from '../latency-histogram.ts';
import type { ArmStatus, Health, ReleaseRecord, Route, TrafficRouter, Workload } from '../ports.ts';
import { type Revision, revisionName } from '../revision.ts';
import { type Verdict, fail, pass } from '../verdict.ts';
import { seededRandom } from './seeded-random.ts';
import { VirtualClock } from './virtual-clock.ts';

/** How a fake revision behaves once it is deployed. */
export interface FakeBehaviour {
  /** 0 to 1. */
  readonly errorRate?: number;
  readonly latencyMs?: number;
  readonly neverHealthy?: boolean;
  readonly crashesOnStart?: boolean;
  /** From this many milliseconds after its start on it does not run any more. */
  readonly diesAfterMs?: number;
}

interface Instance {
  readonly revision: Revision;
  readonly behaviour: FakeBehaviour;
  readonly startedAtMs: number;
}

interface Arm {
  requests: number;
  errors: number;
  latency: Record<number, number>;
}

const START_UP_MS = 500;

/**
 * A whole environment in memory: it runs revisions, routes requests of a steady rate among them by
 * weight, and counts. It keeps the books of the product's promise: `failedByRouting` counts requests
 * that went to a revision that could not serve while another one could.
 */
export class FakeEnvironment implements Workload, TrafficRouter, ReleaseRecord {
  readonly clock = new VirtualClock();
  failedByRouting = 0;
  /** What was done, in order; repeated calls without an effect are absent. */
  readonly effects: string[] = [];
  private readonly instances = new Map<string, Instance>();
  private readonly behaviours = new Map<string, FakeBehaviour>();
  private readonly routes = new Map<string, readonly Route[]>();
  private readonly arms = new Map<string, Map<string, Arm>>();
  private readonly promoted = new Map<string, Revision[]>();
  private readonly random: () => number;
  private highestFence = 0;
  private era = 1;
  /** Unlike the clock it never jumps. */
  private elapsedMs = 0;

  private readonly requestsPerSecond: number;

  constructor(options: { readonly requestsPerSecond: number; readonly seed?: number }) {
    this.requestsPerSecond = options.requestsPerSecond;
    this.random = seededRandom(options.seed ?? 1);
    this.clock.onElapsed((elapsedMs) => {
      this.elapsedMs += elapsedMs;
      this.sendTraffic(elapsedMs);
    });
  }

  behave(revision: Revision, behaviour: FakeBehaviour): void {
    this.behaviours.set(key(revision), behaviour);
  }

  migrate(revision: Revision): Promise<readonly string[]> {
    this.effects.push(`migrate ${revisionName(revision)}`);
    return Promise.resolve([]);
  }

  deploy(revision: Revision): Promise<void> {
    if (this.isRunning(revision)) return Promise.resolve();
    this.effects.push(`deploy ${revisionName(revision)}`);
    this.instances.set(key(revision), {
      revision,
      behaviour: this.behaviours.get(key(revision)) ?? {},
      startedAtMs: this.elapsedMs,
    });
    return Promise.resolve();
  }

  health(revision: Revision): Promise<Health> {
    return Promise.resolve(this.healthOf(revision));
  }

  smokeTest(revision: Revision): Promise<Verdict> {
    const health = this.healthOf(revision);
    return Promise.resolve(health.state === 'healthy' ? pass('answers') : fail(health.detail));
  }

  retire(revision: Revision): Promise<void> {
    if (this.instances.delete(key(revision))) {
      this.effects.push(`retire ${revisionName(revision)}`);
    }
    return Promise.resolve();
  }

  async register(revision: Revision, fence: number): Promise<void> {
    this.checkFence(fence);
    const routes = this.routes.get(revision.service) ?? [];
    if (routes.some((route) => route.revision.id === revision.id)) return;
    this.routes.set(revision.service, [...routes, { revision, weight: 0 }]);
  }

  async route(service: string, routes: readonly Route[], fence: number): Promise<void> {
    this.checkFence(fence);
    this.routes.set(service, routes);
    this.effects.push(
      `route ${service} ${routes.map(({ revision, weight }) => `${revision.id}=${weight}`).join(' ')}`,
    );
  }

  observe(service: string): Promise<readonly ArmStatus[]> {
    const routes = this.routes.get(service) ?? [];
    return Promise.resolve(
      routes.map(({ revision, weight }) => {
        const arm = this.arm(service, revision.id);
        return {
          revisionId: revision.id,
          weight,
          ready: this.healthOf(revision).state === 'healthy',
          era: String(this.era),
          inFlight: 0,
          counts: { requests: arm.requests, errors: arm.errors, latency: { ...arm.latency } },
        };
      }),
    );
  }

  async withdraw(revision: Revision, fence: number): Promise<void> {
    this.checkFence(fence);
    const routes = this.routes.get(revision.service) ?? [];
    if (routes.some((route) => route.revision.id === revision.id && route.weight > 0)) {
      throw new Error(`${revisionName(revision)} still has weight`);
    }
    this.routes.set(
      revision.service,
      routes.filter((route) => route.revision.id !== revision.id),
    );
  }

  history(service: string): Promise<readonly Revision[]> {
    return Promise.resolve(this.promoted.get(service) ?? []);
  }

  async promote(revision: Revision, fence: number): Promise<void> {
    this.checkFence(fence);
    const history = this.promoted.get(revision.service) ?? [];
    if (history[0]?.id === revision.id) return;
    this.effects.push(`promote ${revisionName(revision)}`);
    this.promoted.set(revision.service, [
      revision,
      ...history.filter(({ id }) => id !== revision.id),
    ]);
  }

  /** The data plane is restarted: a router that forgets what it has counted. */
  restartRouter(): void {
    this.era += 1;
    this.arms.clear();
  }

  /** The revision's process ends by itself, or by somebody's hand. */
  kill(revision: Revision): void {
    this.instances.delete(key(revision));
  }

  /** Requests beyond the steady rate; returns how many failed. */
  send(service: string, count: number): number {
    const routes = this.routes.get(service) ?? [];
    let failed = 0;
    for (let i = 0; i < count; i += 1) if (!this.sendRequest(service, routes)) failed += 1;
    return failed;
  }

  runningRevisions(service: string): readonly string[] {
    return [...this.instances.values()]
      .filter(({ revision }) => revision.service === service && this.isRunning(revision))
      .map(({ revision }) => revision.id);
  }

  weights(service: string): Readonly<Record<string, number>> {
    return Object.fromEntries(
      (this.routes.get(service) ?? []).map(({ revision, weight }) => [revision.id, weight]),
    );
  }

  private isRunning(revision: Revision): boolean {
    const instance = this.instances.get(key(revision));
    if (!instance) return false;
    const { diesAfterMs, crashesOnStart } = instance.behaviour;
    return (
      !crashesOnStart &&
      (diesAfterMs === undefined || this.elapsedMs - instance.startedAtMs < diesAfterMs)
    );
  }

  private healthOf(revision: Revision): Health {
    const instance = this.instances.get(key(revision));
    if (!instance || !this.isRunning(revision)) return { state: 'absent', detail: 'no instance' };
    if (instance.behaviour.neverHealthy) return { state: 'unhealthy', detail: 'says no' };
    return this.elapsedMs - instance.startedAtMs < START_UP_MS
      ? { state: 'starting', detail: 'still starting' }
      : { state: 'healthy' };
  }

  private checkFence(fence: number): void {
    if (fence < this.highestFence) {
      throw new RolloutError('LEASE_LOST', `fence ${fence} is older than ${this.highestFence}`);
    }
    this.highestFence = fence;
  }

  private arm(service: string, revisionId: string): Arm {
    const arms = this.arms.get(service) ?? new Map<string, Arm>();
    this.arms.set(service, arms);
    const arm = arms.get(revisionId) ?? { requests: 0, errors: 0, latency: {} };
    arms.set(revisionId, arm);
    return arm;
  }

  private sendTraffic(elapsedMs: number): void {
    for (const [service, routes] of this.routes) {
      const count = Math.round((elapsedMs / 1000) * this.requestsPerSecond);
      for (let i = 0; i < count; i += 1) this.sendRequest(service, routes);
    }
  }

  private sendRequest(service: string, routes: readonly Route[]): boolean {
    let point = this.random() * 100;
    const route = routes.find(({ weight }) => (point -= weight) < 0);
    if (!route) return false;
    const arm = this.arm(service, route.revision.id);
    arm.requests += 1;
    if (this.healthOf(route.revision).state !== 'healthy') {
      arm.errors += 1;
      const alternative = routes.some(
        ({ revision }) => this.healthOf(revision).state === 'healthy',
      );
      if (alternative) this.failedByRouting += 1;
      return false;
    }
    const { errorRate = 0, latencyMs = 5 } =
      this.instances.get(key(route.revision))?.behaviour ?? {};
    const failed = this.random() < errorRate;
    if (failed) arm.errors += 1;
    const bin = latencyBin(latencyMs * (0.8 + 0.4 * this.random()));
    arm.latency[bin] = (arm.latency[bin] ?? 0) + 1;
    return !failed;
  }
}

function key(revision: Revision): string {
  return `${revision.service}/${revision.id}`;
}
