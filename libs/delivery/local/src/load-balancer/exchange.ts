import type { ClientConnection } from './client-connection.ts';
import { BodyReader, NO_BODY } from './http/body-framing.ts';
import { ChunkedScanner } from './http/chunked-scanner.ts';
import type { RequestHead } from './http/request-head.ts';
import { parseResponseHead, type ResponseHead } from './http/response-head.ts';
import { type Problem, problemResponse } from './problem.ts';
import type { Outcome } from './revision-recorder.ts';
import type { Service } from './service.ts';
import type { Target } from './target.ts';
import type { ConnectionUser, TargetConnection } from './target-connection.ts';

const HEAD_END = '\r\n\r\n';
const MAX_HEAD_BYTES = 64 * 1024;
/** A target that does not know `Expect` gets the body after this (RFC 9110, section 10.1.1). */
const ANNOUNCEMENT_MS = 1_000;
const RECONNECT_PAUSE_MS = 50;
const MAX_RESENDS = 3;
/** Sending one of these without a body twice has the effect of sending it once (RFC 9110, section 9.2.2). */
const REPEATABLE = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

type Phase = 'connecting' | 'announced' | 'awaiting-head' | 'relaying' | 'tunnel' | 'over';

/**
 * One request and its response.
 *
 * connecting --open--> announced (it has a body) or awaiting-head (it has none)
 * announced --100 Continue--> awaiting-head, and the body flows
 * awaiting-head --head--> relaying --last byte--> over;   --101--> tunnel --closed--> over
 *
 * The retry rule. A request goes to a target again, or to another one, only where nothing can happen twice:
 * 1. The connection could not be opened: any request.
 * 2. It has a body and the connection closed before the target asked for that with `100 Continue`: the
 *    target has seen a head at most, and no server acts on a request whose body it has not asked for. This
 *    is what protects a POST from meeting a keep-alive connection that the target is just closing.
 * 3. It has no body, its method is idempotent, and the connection closed before the first byte of a
 *    response: once.
 * Everything else may have taken effect, and answers 502: the client knows whether to repeat it.
 */
export class Exchange implements ConnectionUser {
  readonly head: RequestHead;
  readonly startMs: number;
  deadlineMs = 0;
  readonly #client: ClientConnection;
  readonly #service: Service;
  readonly #request: BodyReader;
  readonly #requestId: string;
  readonly #connectUntilMs: number;
  #phase: Phase = 'connecting';
  #target: Target | undefined;
  #connection: TargetConnection | undefined;
  #failed: Target[] = [];
  #repeats = 0;
  #resends = 0;
  #pause: NodeJS.Timeout | undefined;
  #headBytes: Buffer | undefined;
  #response: ResponseHead | undefined;
  #body: BodyReader | undefined;
  #keepClient: boolean;
  #dechunker: ChunkedScanner | undefined;
  #dechunked: Buffer[] = [];
  #headMs = 0;

  constructor(client: ClientConnection, head: RequestHead, service: Service, startMs: number) {
    this.#client = client;
    this.#service = service;
    this.head = head;
    this.startMs = startMs;
    this.#request = new BodyReader(head.framing);
    this.#requestId = head.requestId ?? service.newRequestId();
    this.#keepClient = head.keepAlive;
    this.#connectUntilMs = startMs + service.config.timeouts.connectBudgetMs;
  }

  /** Whether bytes of the request's body are still to come. */
  get needsBody(): boolean {
    return !this.#request.isDone;
  }

  /** Whether they can be taken now; before, the client's connection holds them back. */
  get takesBody(): boolean {
    return this.#phase === 'awaiting-head' || this.#phase === 'relaying';
  }

  get isTunnel(): boolean {
    return this.#phase === 'tunnel';
  }

  begin(): void {
    this.#attempt(false);
  }

  #attempt(fresh: boolean): void {
    const chosen = this.#service.choose(this.head, this.#failed);
    if (chosen === undefined) {
      this.#noTarget();
      return;
    }
    this.#phase = 'connecting';
    this.#target = chosen;
    this.#service.enter(chosen);
    const reused = fresh ? undefined : chosen.reuse(this, performance.now());
    if (reused !== undefined) {
      this.#connection = reused;
      this.onTargetConnect();
      return;
    }
    this.#connection = chosen.connect(this);
    this.#allow(this.#service.config.timeouts.connectMs);
  }

  #noTarget(): void {
    if (this.#failed.length === 0) {
      const { override } = this.#service.wish(this.head);
      this.#service.unrouted++;
      this.#answer(
        override === undefined
          ? { status: 503, code: 'NO_TARGET', detail: `${this.#service.config.name} has no target` }
          : { status: 503, code: 'REVISION_UNAVAILABLE', detail: `${override} cannot be reached` },
      );
      return;
    }
    if (performance.now() < this.#connectUntilMs) {
      // Nobody accepts connections at this moment: a restart looks like this for a few milliseconds.
      this.#failed = [];
      this.#allow(this.#service.config.timeouts.connectBudgetMs + RECONNECT_PAUSE_MS);
      this.#pause = setTimeout(() => this.#attempt(true), RECONNECT_PAUSE_MS);
      return;
    }
    const last = this.#failed.at(-1);
    this.#finishOn(last, {
      status: 502,
      code: 'TARGET_UNREACHABLE',
      detail: 'no target accepts connections',
    });
  }

  onTargetConnect(): void {
    const { socket } = this.#connection ?? {};
    if (socket === undefined) return;
    const announce = this.needsBody;
    this.#phase = announce ? 'announced' : 'awaiting-head';
    socket.write(this.#requestText(announce), 'latin1');
    this.#allow(announce ? ANNOUNCEMENT_MS : this.#service.config.timeouts.responseHeadMs);
  }

  #requestText(announce: boolean): string {
    const { head } = this;
    const client = this.#client.address;
    const from = head.forwardedFor === undefined ? client : `${head.forwardedFor}, ${client}`;
    return (
      `${head.method} ${head.target} HTTP/1.1\r\n${head.lines}` +
      (head.host === '' ? `host: ${this.#target?.address ?? ''}\r\n` : '') +
      (head.framing.kind === 'chunked' ? 'transfer-encoding: chunked\r\n' : '') +
      (head.upgrade === undefined ? '' : `connection: upgrade\r\nupgrade: ${head.upgrade}\r\n`) +
      (announce ? 'expect: 100-continue\r\n' : '') +
      `x-forwarded-for: ${from}\r\nx-forwarded-proto: http\r\nx-forwarded-host: ${head.host}\r\n` +
      `x-request-id: ${this.#requestId}\r\n\r\n`
    );
  }

  /** Takes the body's part of what the client sent and returns where it ends; undefined: it is malformed. */
  takeBody(bytes: Buffer, start: number): number | undefined {
    const end = this.#request.take(bytes, start);
    if (end === undefined) return undefined;
    const { socket } = this.#connection ?? {};
    if (socket !== undefined && end > start) {
      socket.write(bytes.subarray(start, end));
      if (socket.writableNeedDrain && socket.writableLength > 0) this.#client.pause();
    }
    if (this.#phase === 'awaiting-head') {
      const { responseHeadMs, clientStallMs } = this.#service.config.timeouts;
      this.#allow(this.#request.isDone ? responseHeadMs : clientStallMs);
    }
    return end;
  }

  onTargetDrain(): void {
    this.#client.resume();
  }

  onClientDrain(): void {
    this.#connection?.socket.resume();
  }

  onTargetData(bytes: Buffer): void {
    switch (this.#phase) {
      case 'announced':
      case 'awaiting-head':
        this.#readHead(bytes);
        return;
      case 'relaying':
        this.#relay(bytes, 0, '');
        return;
      case 'tunnel':
        this.#allow(this.#service.config.timeouts.responseIdleMs);
        this.#send(bytes);
        return;
      case 'connecting':
      case 'over':
        return;
    }
  }

  #readHead(bytes: Buffer): void {
    const all = this.#headBytes === undefined ? bytes : Buffer.concat([this.#headBytes, bytes]);
    const end = all.indexOf(HEAD_END);
    if (end < 0) {
      this.#headBytes = all;
      if (all.length > MAX_HEAD_BYTES) this.#badResponse();
      return;
    }
    this.#headBytes = undefined;
    const response = parseResponseHead(all.toString('latin1', 0, end + 2), this.head.method);
    const rest = end + HEAD_END.length;
    if (response === undefined) this.#badResponse();
    else if (response.status === 101) this.#openTunnel(response, all.subarray(rest));
    else if (response.status < 200) this.#interim(response, all.subarray(rest));
    else this.#startRelay(response, all, rest);
  }

  /** `100 Continue` is for us, who announced the body, and for the client if it did so too. */
  #interim(response: ResponseHead, rest: Buffer): void {
    if (response.status === 100) {
      if (this.#phase === 'announced') this.#releaseBody();
    } else if (!this.head.isHttp10) {
      this.#send(`HTTP/1.1 ${response.statusText}\r\n${response.lines}\r\n`);
    }
    if (rest.length > 0) this.onTargetData(rest);
  }

  #releaseBody(): void {
    this.#phase = 'awaiting-head';
    this.#allow(this.#service.config.timeouts.clientStallMs);
    if (this.head.expectsContinue) this.#send('HTTP/1.1 100 Continue\r\n\r\n');
    this.#client.resume();
  }

  #startRelay(response: ResponseHead, bytes: Buffer, start: number): void {
    // A target that answers before it has the whole body does not get the rest of it.
    if (this.needsBody) this.#keepClient = false;
    if (response.framing.kind === 'until-close' || this.#service.isClosing)
      this.#keepClient = false;
    this.#phase = 'relaying';
    this.#response = response;
    this.#headMs = performance.now();
    if (this.head.isHttp10 && response.framing.kind === 'chunked') {
      this.#dechunker = new ChunkedScanner((from, to) =>
        this.#dechunked.push(this.#chunk.subarray(from, to)),
      );
    } else {
      this.#body = new BodyReader(response.framing);
    }
    this.#relay(bytes, start, this.#responseText(response));
  }

  #chunk: Buffer = Buffer.alloc(0);

  #responseText(response: ResponseHead): string {
    const chunked = response.framing.kind === 'chunked' && this.#dechunker === undefined;
    return (
      `HTTP/1.1 ${response.statusText}\r\n${response.lines}` +
      (chunked ? 'transfer-encoding: chunked\r\n' : '') +
      `x-served-by: ${this.#target?.revision ?? ''}\r\nx-request-id: ${this.#requestId}\r\n` +
      this.#service.pin(this.head, this.#target) +
      (this.#keepClient ? this.#service.keepAliveLine : 'connection: close\r\n') +
      '\r\n'
    );
  }

  /** Passes on what belongs to the response, `head` in front, in one write. */
  #relay(bytes: Buffer, start: number, head: string): void {
    const reader = this.#dechunker;
    this.#chunk = bytes;
    const end = reader === undefined ? this.#body?.take(bytes, start) : reader.scan(bytes, start);
    if (end === undefined) {
      this.#truncate();
      return;
    }
    if (reader === undefined) {
      this.#sendJoined(
        head,
        start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end),
      );
    } else {
      this.#sendJoined(head, Buffer.concat(this.#dechunked.splice(0)));
    }
    if (reader?.isDone ?? this.#body?.isDone) this.#complete(end === bytes.length);
    else this.#allow(this.#service.config.timeouts.responseIdleMs);
  }

  #sendJoined(head: string, body: Buffer): void {
    if (head === '') {
      if (body.length > 0) this.#send(body);
      return;
    }
    const joined = Buffer.allocUnsafe(head.length + body.length);
    joined.write(head, 0, 'latin1');
    joined.set(body, head.length);
    this.#send(joined);
  }

  #send(bytes: Buffer | string): void {
    if (!this.#client.write(bytes)) this.#connection?.socket.pause();
  }

  #openTunnel(response: ResponseHead, rest: Buffer): void {
    if (this.head.upgrade === undefined) {
      this.#badResponse();
      return;
    }
    this.#phase = 'tunnel';
    this.#response = response;
    this.#headMs = performance.now();
    const text =
      `HTTP/1.1 ${response.statusText}\r\n${response.lines}connection: upgrade\r\n` +
      `upgrade: ${this.head.upgrade}\r\nx-served-by: ${this.#target?.revision ?? ''}\r\n` +
      `x-request-id: ${this.#requestId}\r\n${this.#service.pin(this.head, this.#target)}\r\n`;
    this.#sendJoined(text, rest);
    this.#allow(this.#service.config.timeouts.responseIdleMs);
    this.#client.resume();
  }

  /** Bytes from the client of an upgraded connection. */
  onTunnelData(bytes: Buffer): void {
    const { socket } = this.#connection ?? {};
    if (socket === undefined) return;
    this.#allow(this.#service.config.timeouts.responseIdleMs);
    socket.write(bytes);
    if (socket.writableNeedDrain && socket.writableLength > 0) this.#client.pause();
  }

  #complete(isClean: boolean): void {
    const connection = this.#connection;
    const response = this.#response;
    this.#connection = undefined;
    if (connection !== undefined) {
      const reusable = isClean && response?.keepAlive === true && !this.needsBody;
      if (reusable) this.#target?.release(connection, performance.now(), response.keepAliveMs);
      else connection.destroy();
    }
    this.#end(response?.status ?? 0, performance.now());
    if (this.#keepClient) this.#client.next();
    else
      this.#client.finish(this.needsBody && !this.head.expectsContinue ? this.#request : undefined);
  }

  onTargetClose(error: Error | undefined): void {
    const wasReused = this.#connection?.reused === true;
    this.#connection = undefined;
    switch (this.#phase) {
      case 'connecting':
        this.#connectFailed(error);
        return;
      case 'announced':
        this.#sentInVain(++this.#resends <= MAX_RESENDS);
        return;
      case 'awaiting-head':
        this.#sentInVain(
          this.#headBytes === undefined &&
            this.head.framing === NO_BODY &&
            REPEATABLE.has(this.head.method) &&
            this.#repeats++ === 0,
        );
        return;
      case 'relaying':
        if (error === undefined && this.#response?.framing.kind === 'until-close')
          this.#complete(false);
        else this.#truncate();
        return;
      case 'tunnel':
        this.#end(101, this.#headMs);
        this.#client.finish(undefined);
        return;
      case 'over':
        void wasReused;
    }
  }

  #connectFailed(error: Error | undefined): void {
    const target = this.#leave();
    if (target === undefined) return;
    target.recorder.connectErrors++;
    target.recorder.retries++;
    this.#service.connectFailed(target, error);
    this.#failed.push(target);
    this.#attempt(true);
  }

  #sentInVain(mayRepeat: boolean): void {
    if (!mayRepeat) {
      this.#fail({
        status: 502,
        code: 'TARGET_CLOSED',
        detail: 'the target closed the connection',
      });
      return;
    }
    const target = this.#leave();
    if (target === undefined) return;
    target.recorder.retries++;
    // The other idle connections are as dead as this one was. A new one shows whether the target lives.
    target.closeIdle();
    this.#attempt(true);
  }

  #leave(): Target | undefined {
    const target = this.#target;
    this.#target = undefined;
    if (target !== undefined) this.#service.leave(target);
    return target;
  }

  #badResponse(): void {
    this.#fail({
      status: 502,
      code: 'RESPONSE_INVALID',
      detail: 'the target sent no valid response',
    });
  }

  /** Ends a request without a response of its target. */
  #fail(problem: Problem): void {
    this.#dropConnection();
    this.#finishOn(this.#target, problem);
  }

  #finishOn(target: Target | undefined, problem: Problem): void {
    if (this.#target === undefined && target !== undefined) {
      this.#service.enter(target);
      this.#target = target;
    }
    const revision = target?.revision;
    this.#end(problem.status, performance.now());
    this.#answer(problem, revision);
  }

  /** The response's head has gone out: only a broken connection can tell the client that it is not whole. */
  #truncate(): void {
    this.#dropConnection();
    this.#end('truncated', performance.now());
    this.#client.abort();
  }

  onClientGone(): void {
    this.#dropConnection();
    if (this.#phase === 'tunnel') this.#end(101, this.#headMs);
    else this.#end('aborted-by-client', performance.now());
  }

  /** The client's body cannot be read any further. */
  refuseBody(): void {
    if (this.#phase === 'relaying') {
      this.onClientGone();
      this.#client.abort();
      return;
    }
    this.#fail({ status: 400, code: 'CHUNK_INVALID', detail: 'the chunked body is malformed' });
  }

  onDeadline(): void {
    switch (this.#phase) {
      case 'connecting':
        if (this.#connection === undefined) return; // pausing before the next attempt
        this.#dropConnection();
        this.#connectFailed(new Error('no connection in time'));
        return;
      case 'announced':
        this.#releaseBody();
        return;
      case 'awaiting-head':
        this.#lateHead();
        return;
      case 'relaying':
        if (this.#client.isBlocked) {
          this.onClientGone();
          this.#client.abort();
          return;
        }
        this.#timeout();
        this.#truncate();
        return;
      case 'tunnel':
        this.onClientGone();
        this.#client.abort();
        return;
      case 'over':
    }
  }

  #lateHead(): void {
    const targetIsSlow = this.#request.isDone || (this.#connection?.socket.writableLength ?? 0) > 0;
    if (targetIsSlow) {
      this.#timeout();
      this.#fail({
        status: 504,
        code: 'RESPONSE_TIMEOUT',
        detail: 'the target did not answer in time',
      });
    } else {
      this.#fail({ status: 408, code: 'REQUEST_TIMEOUT', detail: 'the body did not come in time' });
    }
  }

  #timeout(): void {
    if (this.#target !== undefined) this.#target.recorder.timeouts++;
  }

  #answer(problem: Problem, revision?: string): void {
    this.#phase = 'over';
    const keep = this.head.keepAlive && !this.needsBody && !this.#service.isClosing;
    this.#client.write(
      problemResponse(problem, {
        requestId: this.#requestId,
        revision,
        close: !keep,
        withoutBody: this.head.method === 'HEAD',
        date: new Date(),
      }),
    );
    if (keep) this.#client.next();
    else
      this.#client.finish(this.needsBody && !this.head.expectsContinue ? this.#request : undefined);
  }

  #end(outcome: Outcome, atMs: number): void {
    this.#phase = 'over';
    clearTimeout(this.#pause);
    const target = this.#target;
    this.#target = undefined;
    if (target !== undefined) this.#service.finish(target, outcome, atMs - this.startMs);
  }

  #dropConnection(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.destroy();
  }

  #allow(durationMs: number): void {
    this.deadlineMs = this.#service.clock.nowMs + durationMs;
  }
}
