import type { DesiredTarget } from './desired-service.ts';
import type { RevisionRecorder } from './revision-recorder.ts';
import { type ConnectionUser, TargetConnection } from './target-connection.ts';
import type { HealthRecord } from './target-health.ts';

/** Without word from the target, shorter than the 5 s after which Node's servers close. */
const DEFAULT_IDLE_MS = 4_000;
/** How much earlier than announced a connection counts as closed. */
const IDLE_MARGIN_MS = 1_000;
const MAX_IDLE_CONNECTIONS = 256;

/** One process that serves a revision: its connections, its health as last seen, what it is busy with. */
export class Target {
  readonly revision: string;
  readonly host: string;
  readonly port: number;
  weight: number;
  state: DesiredTarget['state'];
  record: HealthRecord;
  lastFailure: string | undefined;
  checkedAtMs: number | undefined;
  inFlight = 0;
  /** While its weight is 0 and stale pins are simulated: until when they hold. */
  pinnedUntilMs = 0;
  /** Runs while it drains. */
  cutOffTimer: NodeJS.Timeout | undefined;
  readonly recorder: RevisionRecorder;
  readonly #idle: TargetConnection[] = [];
  readonly #busy = new Set<TargetConnection>();

  constructor(desired: DesiredTarget, record: HealthRecord, recorder: RevisionRecorder) {
    this.revision = desired.revision;
    this.host = desired.host;
    this.port = desired.port;
    this.weight = desired.weight;
    this.state = desired.state;
    this.record = record;
    this.recorder = recorder;
  }

  get address(): string {
    return `${this.host}:${this.port}`;
  }

  /** The connection used last that is still good, or undefined. */
  reuse(user: ConnectionUser, nowMs: number): TargetConnection | undefined {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.isOpen && nowMs < idle.idleUntilMs) {
        idle.user = user;
        this.#busy.add(idle);
        return idle;
      }
      idle.destroy();
    }
    return undefined;
  }

  /** A new connection; its user hears when it is open. */
  connect(user: ConnectionUser): TargetConnection {
    const connection = new TargetConnection(this, user);
    this.#busy.add(connection);
    return connection;
  }

  /** Takes a connection back whose exchange was completed. */
  release(connection: TargetConnection, nowMs: number, keepAliveMs: number | undefined): void {
    this.#busy.delete(connection);
    connection.user = undefined;
    connection.reused = true;
    const idleMs = keepAliveMs === undefined ? DEFAULT_IDLE_MS : keepAliveMs - IDLE_MARGIN_MS;
    connection.idleUntilMs = nowMs + idleMs;
    if (this.#idle.length < MAX_IDLE_CONNECTIONS && idleMs > 0) this.#idle.push(connection);
    else connection.destroy();
  }

  forget(connection: TargetConnection): void {
    this.#busy.delete(connection);
    const index = this.#idle.indexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
  }

  /** Closes connections that the target may be about to close. */
  closeExpired(nowMs: number): void {
    for (const idle of [...this.#idle]) if (nowMs >= idle.idleUntilMs) idle.destroy();
  }

  closeIdle(): void {
    for (const idle of [...this.#idle]) idle.destroy();
  }

  /** Breaks off what is still in flight: the deregistration delay is over. */
  cutOff(): void {
    this.closeIdle();
    for (const busy of [...this.#busy]) busy.socket.destroy(new Error('deregistration delay over'));
  }
}
