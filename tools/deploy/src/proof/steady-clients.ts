import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** A request that did not end as it should have. */
export interface ClientFailure {
  readonly atMs: number;
  readonly path: string;
  readonly servedBy: string;
  readonly detail: string;
}

/** Clients that never stop sending. */
export interface SteadyClients {
  readonly sent: number;
  /** All failures that the service's own fault does not explain. */
  readonly failures: readonly ClientFailure[];
  /** How often the fault that a candidate was given showed. */
  readonly faults: number;
  stop(): Promise<void>;
}

const CLIENTS = 4;
const PAUSE_MS = 12;

/** Keep-alive clients that send one request after the other; `/maybe` may answer 500, nothing else may fail. */
export function startSteadyClients(url: string): SteadyClients {
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  const failures: ClientFailure[] = [];
  let sent = 0;
  let faults = 0;
  let isOver = false;
  const client = async (number: number): Promise<void> => {
    while (!isOver) {
      const path = sent % 3 === 0 ? '/maybe' : `/plain?client=${number}`;
      sent += 1;
      const { status, servedBy, detail } = await send(url, path, agent);
      if (path === '/maybe' && status === 500) faults += 1;
      else if (status !== 200) failures.push({ atMs: Date.now(), path, servedBy, detail });
      await sleep(PAUSE_MS);
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
  return {
    get sent() {
      return sent;
    },
    get failures() {
      return failures;
    },
    get faults() {
      return faults;
    },
    async stop() {
      isOver = true;
      await clients;
      agent.destroy();
    },
  };
}

interface Answer {
  /** 0 without an answer. */
  readonly status: number;
  readonly servedBy: string;
  readonly detail: string;
}

function send(url: string, path: string, agent: Agent): Promise<Answer> {
  return new Promise((resolve) => {
    const failed = (error: Error): void => {
      resolve({ status: 0, servedBy: 'none', detail: error.message });
    };
    const sent = request(
      new URL(path, url),
      { agent, signal: AbortSignal.timeout(20_000) },
      (response) => {
        readText(response).then((text) => {
          const status = response.statusCode ?? 0;
          const servedBy = String(response.headers['x-served-by'] ?? 'none');
          resolve({ status, servedBy, detail: `${status} ${text.slice(0, 200)}` });
        }, failed);
      },
    );
    sent.once('error', failed);
    sent.end();
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) text += chunk;
  return text;
}
