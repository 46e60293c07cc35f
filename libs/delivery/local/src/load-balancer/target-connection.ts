import { connect, type Socket } from 'node:net';
import type { Target } from './target.ts';

/** The exchange that a connection works for. */
export interface ConnectionUser {
  onTargetConnect(): void;
  onTargetData(bytes: Buffer): void;
  onTargetDrain(): void;
  /** The target has closed the connection; `error` if not in an orderly way. */
  onTargetClose(error: Error | undefined): void;
}

/** One connection to a target: used by one exchange at a time, idle in the target's pool in between. */
export class TargetConnection {
  readonly socket: Socket;
  readonly target: Target;
  /** Whether an earlier exchange was completed on it: the target may be closing it right now. */
  reused = false;
  /** On the clock of the timeouts: when the target may close it for being idle. */
  idleUntilMs = 0;
  user: ConnectionUser | undefined;
  #isOver = false;

  constructor(target: Target, user: ConnectionUser) {
    this.target = target;
    this.user = user;
    this.socket = connect({ host: target.host, port: target.port, noDelay: true });
    this.socket.on('connect', () => this.user?.onTargetConnect());
    this.socket.on('data', (bytes) => {
      // Nobody asked: a stray byte on an idle connection could become another request's response.
      if (this.user === undefined) this.destroy();
      else this.user.onTargetData(bytes);
    });
    this.socket.on('drain', () => this.user?.onTargetDrain());
    this.socket.on('end', () => this.#over(undefined));
    this.socket.on('error', (error) => this.#over(error));
    this.socket.on('close', () => this.#over(undefined));
  }

  get isOpen(): boolean {
    return !this.#isOver;
  }

  /** Ends it without telling its user. */
  destroy(): void {
    this.user = undefined;
    this.#over(undefined);
  }

  #over(error: Error | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.socket.destroy();
    this.target.forget(this);
    const user = this.user;
    this.user = undefined;
    user?.onTargetClose(error);
  }
}
