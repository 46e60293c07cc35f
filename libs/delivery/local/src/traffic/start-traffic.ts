import { Agent, type IncomingMessage, request } from 'node:http';
import { type PlannedRequest, RequestPlan } from './request-plan.ts';
import { seededRandom } from './seeded-random.ts';
import { type TrafficOutcome, TrafficRecorder } from './traffic-recorder.ts';
import type { TrafficReport } from './traffic-report.ts';
import type { TrafficScenario } from './traffic-scenario.ts';

export interface TrafficOptions {
  /** Where the requests go, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly scenario: TrafficScenario;
  readonly requestsPerSecond: number;
  /** The same seed draws the same mix. */
  readonly seed: number;
  /** A request that takes longer has failed. Default 10 s. */
  readonly timeoutMs?: number;
  /** Beyond this, slots of the schedule are skipped and counted. Default 500. */
  readonly maxInFlight?: number;
  /** Stops the run as `stop` does. */
  readonly signal?: AbortSignal;
}

/** Traffic that is being sent. */
export interface RunningTraffic {
  /** What has come of it so far. */
  report(): TrafficReport;
  /**
   * Sends nothing new, waits until everything in flight has been answered, and takes away what the run has
   * made, as far as it can: none of that is counted. May be called again.
   */
  stop(): Promise<TrafficReport>;
}

/**
 * Sends a scenario's requests at a fixed rate, whether or not the answers keep up (an open loop): a slow
 * service is seen to be slow, and does not get less to do.
 */
export function startTraffic(options: TrafficOptions): RunningTraffic {
  const { scenario, requestsPerSecond, seed, signal, maxInFlight = 500 } = options;
  const plan = new RequestPlan(scenario, seededRandom(seed));
  const recorder = new TrafficRecorder();
  const agent = new Agent({ keepAlive: true });
  const startMs = performance.now();
  const inFlight = new Set<Promise<void>>();
  let slots = 0;
  let timer: NodeJS.Timeout | undefined;

  const slotMs = (slot: number): number => startMs + (slot * 1_000) / requestsPerSecond;

  const sendDue = (): void => {
    while (slotMs(slots) <= performance.now()) send(slotMs(slots++));
    timer = setTimeout(sendDue, Math.max(0, slotMs(slots) - performance.now()));
  };

  const send = (scheduledMs: number): void => {
    const planned = inFlight.size < maxInFlight ? plan.next() : undefined;
    if (planned === undefined) {
      recorder.skip();
      return;
    }
    const sent = sendRequest(planned, options, agent, scheduledMs).then(({ outcome, json }) => {
      plan.settle(planned, json);
      recorder.record(outcome);
      inFlight.delete(sent);
    });
    inFlight.add(sent);
  };

  const finish = async (): Promise<TrafficReport> => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stopSending);
    await Promise.all(inFlight);
    const report = recorder.report();
    const removals = plan.removals();
    await Promise.all(removals.map((removal) => sendRequest(removal, options, agent, startMs)));
    agent.destroy();
    return report;
  };
  let finished: Promise<TrafficReport> | undefined;
  const stop = (): Promise<TrafficReport> => (finished ??= finish());
  const stopSending = (): void => clearTimeout(timer);

  if (signal?.aborted !== true) {
    signal?.addEventListener('abort', stopSending);
    sendDue();
  }
  return { report: () => recorder.report(), stop };
}

interface Answered {
  readonly outcome: TrafficOutcome;
  /** The response, if it succeeded and is JSON. */
  readonly json?: unknown;
}

function sendRequest(
  planned: PlannedRequest,
  { url, timeoutMs = 10_000 }: TrafficOptions,
  agent: Agent,
  scheduledMs: number,
): Promise<Answered> {
  const { operation, path, body, headers } = planned;
  return new Promise((resolve) => {
    const failed = (revision: string, error: Error): void => {
      const failure =
        error.name === 'TimeoutError' || error.name === 'AbortError' ? 'timeout' : 'connection';
      const latencyMs = performance.now() - scheduledMs;
      resolve({
        outcome: { operation: operation.name, revision, latencyMs, failure, detail: error.message },
      });
    };
    const sent = request(
      new URL(path, url),
      {
        method: operation.method,
        agent,
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          accept: 'application/json',
          'user-agent': 'rollout-traffic',
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
          ...headers,
        },
      },
      (response) => {
        const revision = String(response.headers['x-served-by'] ?? 'none');
        readText(response).then(
          (text) =>
            resolve(
              answered(operation.name, revision, response, text, performance.now() - scheduledMs),
            ),
          (error: Error) => failed(revision, error),
        );
      },
    );
    sent.once('error', (error) => failed('none', error));
    sent.end(body);
  });
}

function answered(
  operation: string,
  revision: string,
  { statusCode = 0 }: IncomingMessage,
  text: string,
  latencyMs: number,
): Answered {
  if (statusCode >= 400) {
    const failure = statusCode >= 500 ? '5xx' : '4xx';
    const detail = `${statusCode} ${text.slice(0, 300)}`;
    return { outcome: { operation, revision, latencyMs, failure, detail } };
  }
  return { outcome: { operation, revision, latencyMs }, json: parseJson(text) };
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** An answer need not be JSON, and an empty one is still a success. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
