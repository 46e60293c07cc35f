import { Agent, type IncomingMessage, request } from 'node:http';
import { type Socket, connect } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** What one kind of client has done. */
export interface Tally {
  sent: number;
  readonly failures: string[];
}

export type ClientKind = 'keep-alive' | 'upload' | 'stream' | 'events';

export interface SoakClients {
  readonly tallies: Readonly<Record<ClientKind, Tally>>;
  stop(): Promise<void>;
}

/** Clients of each kind. */
const KEEP_ALIVE = 16;
const UPLOADS = 2;
const STREAMS = 2;
const EVENTS = 4;

const UPLOAD_PIECES = 10;
const UPLOAD_PIECE = 'x'.repeat(5_000);
const UPLOAD_PAUSE_MS = 80;

/** Clients of all kinds that a deployment can hurt, at once and without a pause. */
export function startSoakClients(url: string): SoakClients {
  const tallies: Record<ClientKind, Tally> = {
    'keep-alive': { sent: 0, failures: [] },
    upload: { sent: 0, failures: [] },
    stream: { sent: 0, failures: [] },
    events: { sent: 0, failures: [] },
  };
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true });
  let isOver = false;
  const again = async (kind: ClientKind, act: () => Promise<void>): Promise<void> => {
    const tally = tallies[kind];
    while (!isOver) {
      tally.sent += 1;
      try {
        await act();
      } catch (error) {
        tally.failures.push(`${new Date().toISOString()} ${kind}: ${(error as Error).message}`);
        await sleep(10);
      }
    }
  };
  const clients = Promise.all([
    ...Array.from({ length: KEEP_ALIVE }, () => {
      const client = new KeepAliveClient(hostname, Number(port));
      return again('keep-alive', () => client.get()).finally(() => {
        client.close();
      });
    }),
    ...Array.from({ length: UPLOADS }, () => again('upload', () => uploadSlowly(url, agent))),
    ...Array.from({ length: STREAMS }, () =>
      again('stream', () => expectBody(`${url}/stream`, agent, /^x{7000}end$/)),
    ),
    ...Array.from({ length: EVENTS }, () =>
      again('events', () => expectBody(`${url}/events`, agent, /data: end\n\n$/)),
    ),
  ]);
  return {
    tallies,
    async stop() {
      isOver = true;
      await clients;
      agent.destroy();
    },
  };
}

const REQUEST = 'GET /plain HTTP/1.1\r\nhost: soak\r\n\r\n';
const CLOSE = /\r\nconnection: close\r\n/i;
const TIMEOUT_MS = 30_000;

/** One connection for as long as the server keeps it: as little work per request as a client can do. */
class KeepAliveClient {
  readonly #host: string;
  readonly #port: number;
  #socket: Socket | undefined;

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  async get(): Promise<void> {
    const socket = this.#socket ?? (await this.#open());
    this.#socket = undefined;
    const text = await exchange(socket);
    if (CLOSE.test(text)) socket.destroy();
    else this.#socket = socket;
    if (!text.startsWith('HTTP/1.1 200')) throw new Error(text.slice(0, 300));
  }

  close(): void {
    this.#socket?.destroy();
  }

  async #open(): Promise<Socket> {
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true });
    socket.setEncoding('latin1');
    // Between two exchanges nobody listens: the next one hears of it.
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  }
}

function exchange(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const done = (error?: Error): void => {
      clearTimeout(timer);
      socket.off('data', onData);
      socket.off('close', onClose);
      if (error) reject(error);
      else resolve(text);
    };
    const onData = (chunk: string): void => {
      text += chunk;
      if (isComplete(text)) done();
    };
    const onClose = (): void => {
      done(new Error(`the connection was closed after ${text.length} bytes`));
    };
    const timer = setTimeout(() => {
      socket.destroy();
    }, TIMEOUT_MS);
    socket.on('data', onData);
    socket.on('close', onClose);
    socket.write(REQUEST);
  });
}

function isComplete(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
  if (length === undefined) throw new Error(`an answer without its length: ${text.slice(0, 300)}`);
  return text.length >= end + 4 + Number(length);
}

async function uploadSlowly(url: string, agent: Agent): Promise<void> {
  const bytes = UPLOAD_PIECES * UPLOAD_PIECE.length;
  const sent = request(new URL('/upload', url), {
    agent,
    method: 'POST',
    headers: { 'content-length': bytes },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const answered = new Promise<string>((resolve, reject) => {
    sent.once('error', reject);
    sent.once('response', (response: IncomingMessage) => {
      readText(response).then((text) => {
        resolve(`${response.statusCode ?? 0} ${text}`);
      }, reject);
    });
  });
  const writing = async (): Promise<void> => {
    for (let piece = 0; piece < UPLOAD_PIECES; piece += 1) {
      sent.write(UPLOAD_PIECE);
      await sleep(UPLOAD_PAUSE_MS);
    }
    sent.end();
  };
  const [answer] = await Promise.all([answered, writing()]);
  if (answer !== `200 ${bytes}`) throw new Error(answer.slice(0, 300));
}

async function expectBody(url: string, agent: Agent, body: RegExp): Promise<void> {
  const text = await new Promise<string>((resolve, reject) => {
    const sent = request(url, { agent, signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
      readText(response).then(resolve, reject);
    });
    sent.once('error', reject);
    sent.end();
  });
  if (!body.test(text)) throw new Error(`an answer that broke off: ${text.slice(-100)}`);
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) text += chunk;
  return text;
}
