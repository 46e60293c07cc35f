import type { Socket } from 'node:net';
import { Exchange } from './exchange.ts';
import type { BodyReader } from './http/body-framing.ts';
import { isRefusal, parseRequestHead, type Refusal } from './http/request-head.ts';
import { problemResponse } from './problem.ts';
import type { Service } from './service.ts';

const HEAD_END = '\r\n\r\n';
const MAX_HEAD_BYTES = 16 * 1024;
/** How long the rest of a body is read, and thrown away, after its answer has been sent. */
const LINGER_MS = 5_000;

/**
 * One client's connection: reads request heads, one exchange at a time, and what follows them.
 * Bytes that cannot go anywhere yet stay in `#pending`; if more come, reading pauses.
 */
export class ClientConnection {
  readonly address: string;
  deadlineMs: number;
  readonly #socket: Socket;
  readonly #service: Service;
  #pending: Buffer | undefined;
  #exchange: Exchange | undefined;
  #isPumping = false;
  /** Answered before its body was whole: the rest is read, so that the client gets to read the answer. */
  #discarding: BodyReader | undefined;
  #isEnding = false;
  #isGone = false;

  constructor(socket: Socket, service: Service) {
    this.#socket = socket;
    this.#service = service;
    this.address = socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
    this.deadlineMs = service.clock.nowMs + service.config.timeouts.requestHeadMs;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => this.#onData(bytes));
    socket.on('drain', () => this.#exchange?.onClientDrain());
    socket.on('end', () => this.#gone());
    socket.on('error', () => this.#gone());
    socket.on('close', () => this.#gone());
  }

  get isIdle(): boolean {
    return this.#exchange === undefined;
  }

  /** Whether the client does not read what it gets. */
  get isBlocked(): boolean {
    return this.#socket.writableLength > 0;
  }

  /** False: the socket is full, wait for `onClientDrain`. */
  write(bytes: Buffer | string): boolean {
    this.#socket.write(bytes, 'latin1');
    return !(this.#socket.writableNeedDrain && this.#socket.writableLength > 0);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#pump();
    if (!this.#isGone) this.#socket.resume();
  }

  /** The exchange is over; the connection waits for the next request. */
  next(): void {
    this.#exchange = undefined;
    const { keepAliveMs, requestHeadMs } = this.#service.config.timeouts;
    const hasStarted = this.#pending !== undefined;
    this.deadlineMs = this.#service.clock.nowMs + (hasStarted ? requestHeadMs : keepAliveMs);
    if (hasStarted || this.#socket.isPaused()) this.resume();
    if (this.#service.isClosing && this.isIdle) this.finish(undefined);
  }

  /** The exchange is over and so is the connection, once the rest of the request's body has come. */
  finish(rest: BodyReader | undefined): void {
    this.#exchange = undefined;
    this.deadlineMs = this.#service.clock.nowMs + LINGER_MS;
    this.#isEnding = true;
    this.#discarding = rest;
    if (rest === undefined) this.#socket.end();
    this.resume();
  }

  /** Breaks the connection off so that the client notices. */
  abort(): void {
    this.#exchange = undefined;
    this.#isEnding = true;
    if (!this.#socket.destroyed) this.#socket.resetAndDestroy();
  }

  onDeadline(): void {
    // A connection without a request in progress owes nobody an answer.
    if (this.#exchange !== undefined) return;
    if (this.#pending === undefined || this.#isEnding) this.#socket.destroy();
    else
      this.#refuse({
        status: 408,
        code: 'REQUEST_TIMEOUT',
        detail: 'the head did not come in time',
      });
  }

  checkDeadline(nowMs: number): void {
    if (this.#exchange === undefined) {
      if (nowMs >= this.deadlineMs) this.onDeadline();
    } else if (nowMs >= this.#exchange.deadlineMs) {
      this.#exchange.onDeadline();
    }
  }

  #onData(bytes: Buffer): void {
    const hadPending = this.#pending !== undefined;
    this.#pending = this.#pending === undefined ? bytes : Buffer.concat([this.#pending, bytes]);
    this.#pump();
    if (hadPending && this.#pending !== undefined && this.#exchange !== undefined) this.pause();
  }

  /** Gives pending bytes to whoever can take them now. Not re-entrant: what it calls may call it. */
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    while (this.#pending !== undefined && this.#takePending(this.#pending));
    this.#isPumping = false;
  }

  /** Returns whether to go on with what is left. */
  #takePending(bytes: Buffer): boolean {
    const exchange = this.#exchange;
    if (exchange === undefined)
      return this.#isEnding ? this.#discard(bytes) : this.#readHead(bytes);
    if (exchange.isTunnel) {
      this.#pending = undefined;
      exchange.onTunnelData(bytes);
      return false;
    }
    if (!exchange.needsBody || !exchange.takesBody) return false;
    const end = exchange.takeBody(bytes, 0);
    if (end === undefined) {
      exchange.refuseBody();
      return false;
    }
    this.#keep(bytes, end);
    return true;
  }

  #readHead(bytes: Buffer): boolean {
    let start = 0;
    // An empty line before a request is left over from a sloppy client's last body (RFC 9112, 2.2).
    while (bytes[start] === 13 && bytes[start + 1] === 10) start += 2;
    const end = bytes.indexOf(HEAD_END, start);
    if (end < 0 || end - start > MAX_HEAD_BYTES) {
      this.#keep(bytes, start);
      if (bytes.length - start > MAX_HEAD_BYTES) {
        this.#refuse({
          status: 431,
          code: 'HEAD_TOO_LARGE',
          detail: `a head has ${MAX_HEAD_BYTES} bytes`,
        });
      } else {
        this.deadlineMs = Math.min(
          this.deadlineMs,
          this.#service.clock.nowMs + this.#service.config.timeouts.requestHeadMs,
        );
      }
      return false;
    }
    const startMs = performance.now();
    const head = parseRequestHead(bytes.toString('latin1', start, end + 2));
    if (isRefusal(head)) {
      this.#refuse(head);
      return false;
    }
    this.#keep(bytes, end + HEAD_END.length);
    this.#exchange = new Exchange(this, head, this.#service, startMs);
    this.#exchange.begin();
    return true;
  }

  #discard(bytes: Buffer): boolean {
    const end = this.#discarding?.take(bytes, 0);
    this.#pending = undefined;
    if (end === undefined || this.#discarding?.isDone) {
      this.#discarding = undefined;
      this.#socket.end();
    }
    return false;
  }

  #keep(bytes: Buffer, from: number): void {
    this.#pending = from >= bytes.length ? undefined : bytes.subarray(from);
  }

  /** After a head that cannot be read, nothing that follows can be trusted either. */
  #refuse(refusal: Refusal | { status: 408; code: string; detail: string }): void {
    this.#service.refused++;
    this.#pending = undefined;
    this.write(problemResponse(refusal, { close: true, date: new Date() }));
    this.finish(undefined);
  }

  #gone(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#pending = undefined;
    const exchange = this.#exchange;
    this.#exchange = undefined;
    exchange?.onClientGone();
    this.#service.closed(this);
    this.#socket.destroy();
  }
}
