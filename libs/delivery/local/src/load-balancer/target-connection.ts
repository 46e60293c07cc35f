import { connect, type Socket } from 'node:net';
import type { Target } from './target.ts';

/**
 * All connections read into this one buffer: a chunk is dealt with before the next one is read, and a
 * buffer for each read costs more than everything else that happens to a small response.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/** The exchange that a connection works for. */
export interface ConnectionUser {
  onTargetConnect(): void;
  /** `bytes` are valid during the call only. Returns whether more may come now. */
  onTargetData(bytes: Buffer): boolean;
  onTargetDrain(): void;
  /** The target has closed the connection; `error` if not in an orderly way. */
  onTargetClose(error: Error | undefined): void;
}

/** One connection to a target: used by one exchange at a time, idle in the target's pool in between. */
export class TargetConnection {
  readonly socket: Socket;
  readonly target: Target;
  /** On the clock of the timeouts: when the target may close it for being idle. */
  idleUntilMs = 0;
  user: ConnectionUser | undefined;
  #isOver = false;

  constructor(target: Target, user: ConnectionUser) {
    this.target = target;
    this.user = user;
    this.socket = connect({
      host: target.host,
      port: target.port,
      noDelay: true,
      onread: {
        buffer: READ_BUFFER,
        callback: (length) => this.#onData(READ_BUFFER.subarray(0, length)),
      },
    });
    this.socket.on('connect', () => this.user?.onTargetConnect());
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

  /** Ends it once everything written has been sent. */
  finish(): void {
    this.user = undefined;
    this.socket.destroySoon();
  }

  #onData(bytes: Buffer): boolean {
    if (this.user !== undefined) return this.user.onTargetData(bytes);
    // Nobody asked: a stray byte on an idle connection could become another request's response.
    this.destroy();
    return false;
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
