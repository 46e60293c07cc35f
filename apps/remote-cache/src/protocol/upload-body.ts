import type { IncomingMessage } from 'node:http';

export interface Pace {
  /** Bytes per second that an upload must reach on average. */
  readonly minBytesPerSecond: number;
  /** Milliseconds before that is asked for. */
  readonly graceMs: number;
}

/** Bytes held for a store that is slower than the network. */
const HOLD_BYTES = 64 * 1024;
const CHECK_MS = 1000;

/**
 * A request's body as pieces. Unlike the request's own iterator it leaves the connection open when it
 * is given up, so that a refusal can still be sent, and it fails when the sender is too slow.
 */
export class UploadBody implements AsyncIterableIterator<Uint8Array> {
  /** Whether it failed because of its pace, with the sender still there. */
  isTooSlow = false;
  readonly #request: IncomingMessage;
  readonly #timer: NodeJS.Timeout;
  readonly #pieces: Uint8Array[] = [];
  #heldBytes = 0;
  #received = 0;
  #ended = false;
  #failure: Error | undefined;
  #waiting: (() => void) | undefined;

  constructor(request: IncomingMessage, pace: Pace) {
    this.#request = request;
    const startedAt = Date.now();
    this.#timer = setInterval(() => {
      const elapsedMs = Date.now() - startedAt;
      // Only the sender's slowness counts: a full hold means that the store is behind.
      if (elapsedMs < pace.graceMs || this.#heldBytes > 0) return;
      if (this.#received * 1000 >= pace.minBytesPerSecond * elapsedMs) return;
      this.isTooSlow = true;
      this.#fail(new Error('upload too slow'));
    }, CHECK_MS);
    this.#timer.unref();
    request.on('data', this.#onData);
    request.once('end', this.#onEnd);
    request.once('error', this.#onError);
    request.once('close', this.#onClose);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    for (;;) {
      const piece = this.#pieces.shift();
      if (piece) {
        this.#heldBytes -= piece.length;
        if (this.#heldBytes < HOLD_BYTES && this.#request.isPaused()) this.#request.resume();
        return { done: false, value: piece };
      }
      if (this.#failure) throw this.#failure;
      if (this.#ended) return { done: true, value: undefined };
      await new Promise<void>((resolve) => (this.#waiting = resolve));
    }
  }

  /** Lets go of the request; what it still sends is the caller's. */
  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.release();
    return { done: true, value: undefined };
  }

  release(): void {
    clearInterval(this.#timer);
    this.#request.off('data', this.#onData);
    this.#request.off('end', this.#onEnd);
    this.#request.off('close', this.#onClose);
  }

  readonly #onData = (piece: Uint8Array) => {
    this.#pieces.push(piece);
    this.#heldBytes += piece.length;
    this.#received += piece.length;
    if (this.#heldBytes >= HOLD_BYTES) this.#request.pause();
    this.#wake();
  };

  readonly #onEnd = () => {
    this.#ended = true;
    clearInterval(this.#timer);
    this.#wake();
  };

  readonly #onError = (error: Error) => this.#fail(error);

  readonly #onClose = () => {
    if (!this.#ended) this.#fail(new Error('connection closed'));
  };

  #fail(error: Error): void {
    this.#failure ??= error;
    clearInterval(this.#timer);
    this.#wake();
  }

  #wake(): void {
    this.#waiting?.();
    this.#waiting = undefined;
  }
}
