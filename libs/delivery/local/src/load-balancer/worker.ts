import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { z } from 'zod';
import { createAdminApi } from './admin-api.ts';
import { type CountsSnapshot, LoadBalancer } from './load-balancer.ts';
import { RoutingStore } from './routing-store.ts';
import { loadBalancerConfigSchema } from './service-config.ts';

/** Descriptors 0 to 2 are the usual ones and 3 is the channel to the supervisor. */
const FIRST_LISTENER = 4;
const SNAPSHOT_MS = 250;

/** What the supervisor tells a worker at its start. */
export interface WorkerStart {
  readonly configFile: string;
  readonly generation: number;
  readonly countingSince: number;
  readonly earlier: CountsSnapshot;
}

/** What a worker tells its supervisor again and again: what its successor would start from. */
export interface WorkerReport {
  readonly counts: CountsSnapshot;
}

/**
 * Serves until SIGTERM, or until the supervisor is gone. Its sockets were opened by others and are open in
 * the supervisor too, so that while one worker has died and the next is not up yet, connections wait.
 */
export async function runWorker(start: WorkerStart): Promise<void> {
  const { configFile, generation, countingSince, earlier } = start;
  const config = loadBalancerConfigSchema.parse(JSON.parse(await readFile(configFile, 'utf8')));
  const token = (await readFile(config.tokenFile, 'utf8')).trim();
  const services = config.services.map((service) => ({
    config: service,
    server: createServer({ pauseOnConnect: false }),
  }));
  const balancer = new LoadBalancer({
    services,
    store: await RoutingStore.open(config.stateFile),
    generation,
    countingSince,
    earlier,
  });
  const admin = createAdminApi(balancer, token);
  await Promise.all(
    [...services.map(({ server }) => server), admin].map((server, index) =>
      listenOn(server, FIRST_LISTENER + index),
    ),
  );
  const report = (): void => {
    // A failure means that the supervisor is gone, which `disconnect` says too.
    process.send?.({ counts: balancer.snapshot() } satisfies WorkerReport, () => undefined);
  };
  report();
  const reporting = setInterval(report, SNAPSHOT_MS);
  log('serving', { generation, services: balancer.services });
  await stopRequest();
  clearInterval(reporting);
  log('stopping', { graceMs: config.shutdownMs });
  admin.close();
  await balancer.close(config.shutdownMs);
  log('stopped', {});
  process.exit(0);
}

function listenOn(server: Server, fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ fd }, resolve);
  });
}

function stopRequest(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
    process.once('disconnect', () => resolve());
  });
}

/** One line of JSON for each event. */
export function log(event: string, fields: Readonly<Record<string, unknown>>): void {
  console.log(JSON.stringify({ at: new Date().toISOString(), pid: process.pid, event, ...fields }));
}

const startSchema = z.custom<WorkerStart>((value) => typeof value === 'object' && value !== null);

/** Waits for the supervisor's first message. */
export function workerStart(): Promise<WorkerStart> {
  return new Promise((resolve) => {
    process.once('message', (message) => resolve(startSchema.parse(message)));
  });
}
