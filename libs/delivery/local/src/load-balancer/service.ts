import { randomBytes } from 'node:crypto';
import type { Server, Socket } from 'node:net';
import { ClientConnection } from './client-connection.ts';
import type { DesiredTarget } from './desired-service.ts';
import { HealthChecker } from './health-checker.ts';
import type { RequestHead } from './http/request-head.ts';
import { type Outcome, RevisionRecorder } from './revision-recorder.ts';
import type { ServiceConfig } from './service-config.ts';
import type { RevisionCounts, RevisionSecond, TargetStatus } from './service-status.ts';
import { Target } from './target.ts';
import { byWeight, chooseTarget, weighted, type Wish } from './target-choice.ts';
import { newTargetHealth } from './target-health.ts';

/** The clock that timeouts are read from: monotonic, and as fine as the sweep that checks them. */
export interface TimeoutClock {
  readonly nowMs: number;
}

/** How many revisions that are gone keep their counts. */
const MAX_RECORDERS = 64;

/** One listener: its targets, how requests are spread over them, and what is counted. */
export class Service {
  readonly config: ServiceConfig;
  readonly clock: TimeoutClock;
  /** Requests that no target was eligible for. */
  unrouted = 0;
  /** Requests refused as malformed or unsafe. */
  refused = 0;
  isClosing = false;
  readonly keepAliveLine: string;
  readonly #random: () => number;
  readonly #targets = new Map<string, Target>();
  /** Removed targets that are still busy. */
  readonly #leaving = new Set<Target>();
  readonly #recorders = new Map<string, RevisionRecorder>();
  readonly #clients = new Set<ClientConnection>();
  readonly #checker: HealthChecker;
  readonly #cookie: RegExp;
  readonly #idPrefix = randomBytes(5).toString('hex');
  #ids = 0;
  #shares: readonly Target[] = [];
  #onIdle: (() => void) | undefined;

  constructor(
    config: ServiceConfig,
    clock: TimeoutClock,
    random: () => number = Math.random,
    earlier: readonly RevisionCounts[] = [],
  ) {
    this.config = config;
    this.clock = clock;
    this.#random = random;
    // Told a little less than the truth, so that the client closes first.
    this.keepAliveLine = `keep-alive: timeout=${Math.max(1, Math.floor(config.timeouts.keepAliveMs / 1_000) - 1)}\r\n`;
    this.#cookie = new RegExp(`(?:^|;\\s*)${config.stickyCookie}=([A-Za-z0-9._-]+)`);
    this.#checker = new HealthChecker(config.healthCheck, () => this.#refresh());
    for (const counts of earlier) {
      this.#recorders.set(counts.revision, new RevisionRecorder(counts.revision, counts));
    }
  }

  serve(server: Server): void {
    server.on('connection', (socket: Socket) => {
      this.#clients.add(new ClientConnection(socket, this));
    });
  }

  /** Makes the targets as desired. `trusted`: they were routed to before the balancer restarted. */
  apply(desired: readonly DesiredTarget[], trusted = false): void {
    const wanted = new Set(desired.map(keyOf));
    for (const target of this.#targets.values()) {
      if (!wanted.has(keyOf(target))) this.#remove(target);
    }
    for (const each of desired) {
      const target = this.#targets.get(keyOf(each));
      if (target === undefined) this.#add(each, trusted);
      else this.#change(target, each);
    }
    this.#refresh();
  }

  #add(desired: DesiredTarget, trusted: boolean): void {
    const target = new Target(
      desired,
      newTargetHealth(trusted),
      this.#recorderOf(desired.revision),
    );
    this.#targets.set(keyOf(desired), target);
    this.#checker.watch(target);
  }

  #change(target: Target, { weight, state }: DesiredTarget): void {
    if (target.weight > 0 && weight === 0) {
      target.pinnedUntilMs = this.clock.nowMs + this.config.simulate.staleStickyMs;
    }
    target.weight = weight;
    if (target.state === 'active' && state === 'draining') this.#drain(target);
    if (target.state === 'draining' && state === 'active') clearTimeout(target.cutOffTimer);
    target.state = state;
  }

  #remove(target: Target): void {
    this.#targets.delete(keyOf(target));
    this.#checker.forget(target);
    if (target.state === 'active') this.#drain(target);
    target.state = 'draining';
    if (target.inFlight === 0) clearTimeout(target.cutOffTimer);
    else this.#leaving.add(target);
  }

  #drain(target: Target): void {
    target.closeIdle();
    target.cutOffTimer = setTimeout(() => target.cutOff(), this.config.deregistrationDelayMs);
    target.cutOffTimer.unref();
  }

  #recorderOf(revision: string): RevisionRecorder {
    const known = this.#recorders.get(revision);
    if (known !== undefined) return known;
    const recorder = new RevisionRecorder(revision);
    this.#recorders.set(revision, recorder);
    this.#dropOldRecorders();
    return recorder;
  }

  #dropOldRecorders(): void {
    const inUse = new Set([...this.#targets.values(), ...this.#leaving].map((t) => t.revision));
    for (const [revision] of this.#recorders) {
      if (this.#recorders.size <= MAX_RECORDERS) return;
      if (!inUse.has(revision)) this.#recorders.delete(revision);
    }
  }

  #refresh(): void {
    this.#shares = weighted([...this.#targets.values()]);
  }

  wish(head: RequestHead): Wish {
    const override = this.config.revisionOverride ? head.revision : undefined;
    if (this.config.mode === 'random' || head.cookie === undefined) return { override };
    return { override, pinned: this.#cookie.exec(head.cookie)?.[1] };
  }

  /** Chooses the target of a request; `failed` ones have been tried in vain. */
  choose(head: RequestHead, failed: readonly Target[]): Target | undefined {
    const isPlain = head.revision === undefined && this.config.mode === 'random';
    if (isPlain && failed.length === 0) return byWeight(this.#shares, this.#random());
    const wish = this.wish(head);
    const candidates = [...this.#targets.values()].filter((target) => !failed.includes(target));
    return this.#stalePin(wish) ?? chooseTarget(candidates, wish, this.#random());
  }

  /** A cloud's balancer goes on serving a session from a revision that has just lost its weight. */
  #stalePin({ override, pinned }: Wish): Target | undefined {
    if (pinned === undefined || override !== undefined) return undefined;
    return [...this.#targets.values()].find(
      ({ revision, pinnedUntilMs, state, weight, record }) =>
        revision === pinned &&
        weight === 0 &&
        state === 'active' &&
        record.trusted &&
        this.clock.nowMs < pinnedUntilMs,
    );
  }

  /** The response line that pins a session to its target's revision, where it is not pinned yet. */
  pin(head: RequestHead, target: Target | undefined): string {
    if (this.config.mode === 'random' || target === undefined) return '';
    if (this.wish(head).pinned === target.revision || head.revision !== undefined) return '';
    return `set-cookie: ${this.config.stickyCookie}=${target.revision}; Path=/; HttpOnly; SameSite=Lax\r\n`;
  }

  newRequestId(): string {
    return `${this.#idPrefix}-${(this.#ids++).toString(36)}`;
  }

  /** An exchange has begun to use a target. */
  enter(target: Target): void {
    target.inFlight++;
    target.recorder.inFlight++;
  }

  /** It goes on elsewhere. */
  leave(target: Target): void {
    target.recorder.inFlight--;
    this.#release(target);
  }

  /** It has ended there. */
  finish(target: Target, outcome: Outcome, latencyMs: number): void {
    target.recorder.finish(outcome, latencyMs, Date.now());
    this.#release(target);
  }

  #release(target: Target): void {
    if (--target.inFlight > 0 || !this.#leaving.delete(target)) return;
    clearTimeout(target.cutOffTimer);
    target.closeIdle();
  }

  connectFailed(target: Target, error: Error | undefined): void {
    this.#checker.connectFailed(target, error?.message ?? 'the connection was closed');
  }

  closed(client: ClientConnection): void {
    this.#clients.delete(client);
    if (this.#clients.size === 0) this.#onIdle?.();
  }

  /** Checks every deadline. */
  sweep(nowMs: number): void {
    for (const client of this.#clients) client.checkDeadline(nowMs);
    for (const target of this.#targets.values()) target.closeExpired(nowMs);
  }

  /** Ends idle connections now, busy ones after their response, and all of them after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.isClosing = true;
    this.#checker.close();
    for (const client of this.#clients) if (client.isIdle) client.finish(undefined);
    if (this.#clients.size > 0) await this.#drained(graceMs);
    for (const client of [...this.#clients]) client.abort();
    for (const target of [...this.#targets.values(), ...this.#leaving]) {
      clearTimeout(target.cutOffTimer);
      target.cutOff();
    }
  }

  #drained(graceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, graceMs);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  targetStatus(): readonly TargetStatus[] {
    return [...this.#targets.values(), ...this.#leaving].map((target) => ({
      revision: target.revision,
      host: target.host,
      port: target.port,
      weight: target.weight,
      state: target.state,
      health: target.record.health,
      inFlight: target.inFlight,
      ...(target.lastFailure === undefined ? {} : { lastFailure: target.lastFailure }),
      ...(target.checkedAtMs === undefined ? {} : { checkedAt: target.checkedAtMs }),
    }));
  }

  counts(): readonly RevisionCounts[] {
    return [...this.#recorders.values()].map((recorder) => recorder.counts());
  }

  seconds(): readonly RevisionSecond[] {
    return [...this.#recorders.values()]
      .flatMap((recorder) => recorder.seconds())
      .sort((a, b) => a.second - b.second);
  }
}

/** The same address with another revision is another process: it has to prove its health anew. */
function keyOf({
  revision,
  host,
  port,
}: Pick<DesiredTarget, 'revision' | 'host' | 'port'>): string {
  return `${revision} ${host}:${port}`;
}
