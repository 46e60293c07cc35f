import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo, Server } from 'node:net';
import path from 'node:path';
import { z } from 'zod';
import { writeDurably } from '../environment/durable-file.ts';
import { LocalError } from '../errors.ts';
import { tailLog } from '../process/log-tail.ts';
import { listen } from '../process/port.ts';
import { isAlive, type ProcessIdentity } from '../process/process-identity.ts';
import { startProcess } from '../process/start-process.ts';
import { stopProcess } from '../process/stop-process.ts';
import { LoadBalancerClient } from './load-balancer-client.ts';
import {
  type LoadBalancerConfig,
  loadBalancerConfigSchema,
  type ServiceConfigInput,
} from './service-config.ts';

/** What `startLoadBalancer` needs. */
export interface LoadBalancerOptions {
  /** The bundled program, `libs/delivery/local/dist/load-balancer.js`. */
  readonly program: string;
  /** Its own folder: configuration, token, routing, log. Made if it is missing. */
  readonly directory: string;
  readonly services: readonly ServiceConfigInput[];
  /** 0, the default, takes any free port. */
  readonly adminPort?: number;
  /** Node's executable. */
  readonly node: string;
  /** How long requests in flight may take when it is stopped. */
  readonly shutdownMs?: number;
}

const runningSchema = z.object({
  identity: z.object({ pid: z.int().positive(), startTime: z.string() }),
  directory: z.string(),
  logFile: z.string(),
  tokenFile: z.string(),
  adminUrl: z.string(),
  urls: z.record(z.string(), z.string()),
  shutdownMs: z.number(),
});

/**
 * A load balancer on this machine, written to `<directory>/running.json` so that later commands find it.
 * `adminUrl` and `urls` (by service) are like `http://127.0.0.1:8080`.
 */
export type RunningLoadBalancer = Readonly<z.infer<typeof runningSchema>>;

const START_TIMEOUT_MS = 15_000;

/** Starts a load balancer as a process of its own and returns when it serves. */
export async function startLoadBalancer(
  options: LoadBalancerOptions,
): Promise<RunningLoadBalancer> {
  const directory = path.resolve(options.directory);
  await refuseSecond(directory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const config = await configOf(options, directory);
  const listeners = await openListeners(config);
  try {
    await writeToken(config.tokenFile);
    const configFile = path.join(directory, 'config.json');
    await writeFile(configFile, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 });
    const logFile = path.join(directory, 'load-balancer.log');
    const identity = await startProcess({
      program: options.node,
      args: [path.resolve(options.program), 'supervisor', configFile, String(listeners.length)],
      cwd: directory,
      env: {},
      logFile,
      listeners,
    });
    const running = describe(identity, directory, logFile, config, listeners);
    // Connections wait in the kernel's queue from now on: only this process must not take them.
    closeAll(listeners);
    await untilServing(running);
    await writeDurably(runningFile(directory), `${JSON.stringify(running, undefined, 2)}\n`);
    return running;
  } finally {
    closeAll(listeners);
  }
}

/** The load balancer that was started in this folder, if it still runs. */
export async function findLoadBalancer(
  directory: string,
): Promise<RunningLoadBalancer | undefined> {
  let text: string;
  try {
    text = await readFile(runningFile(path.resolve(directory)), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const running = runningSchema.safeParse(JSON.parse(text)).data;
  return running !== undefined && (await isAlive(running.identity)) ? running : undefined;
}

/** Lets requests in flight finish, then ends it. Its routing stays on disk for the next start. */
export async function stopLoadBalancer(running: RunningLoadBalancer): Promise<void> {
  await stopProcess(running.identity, { graceMs: running.shutdownMs + 2_000 });
  await rm(runningFile(running.directory), { force: true });
}

/** The admin API of a running load balancer. */
export async function connectLoadBalancer(
  running: RunningLoadBalancer,
): Promise<LoadBalancerClient> {
  const token = (await readFile(running.tokenFile, 'utf8')).trim();
  return new LoadBalancerClient({ url: running.adminUrl, token });
}

/** A second one would replace the first one's token and share its routing file. */
async function refuseSecond(directory: string): Promise<void> {
  const running = await findLoadBalancer(directory);
  if (running === undefined) return;
  throw new LocalError(
    'LOAD_BALANCER_RUNNING',
    `a load balancer already runs in ${directory} (process ${running.identity.pid})`,
    { next: 'use that one, or stop it first' },
  );
}

function runningFile(directory: string): string {
  return path.join(directory, 'running.json');
}

async function configOf(
  options: LoadBalancerOptions,
  directory: string,
): Promise<LoadBalancerConfig> {
  const result = loadBalancerConfigSchema.safeParse({
    services: options.services,
    admin: { port: options.adminPort ?? 0 },
    stateFile: path.join(directory, 'routing.json'),
    tokenFile: path.join(directory, 'admin-token'),
    shutdownMs: options.shutdownMs,
  });
  if (result.success) return result.data;
  throw new LocalError('CONFIGURATION_INVALID', z.prettifyError(result.error));
}

/** A new token for each start: who could read an old one has lost access. */
async function writeToken(tokenFile: string): Promise<void> {
  await rm(tokenFile, { force: true });
  await writeFile(tokenFile, `${randomBytes(32).toString('base64url')}\n`, {
    mode: 0o600,
    flag: 'wx',
  });
  await chmod(tokenFile, 0o600);
}

async function openListeners(config: LoadBalancerConfig): Promise<readonly Server[]> {
  const listeners: Server[] = [];
  try {
    for (const { host, port } of [...config.services, config.admin]) {
      listeners.push(await listen(host, port));
    }
    return listeners;
  } catch (error) {
    closeAll(listeners);
    throw error;
  }
}

function closeAll(listeners: readonly Server[]): void {
  for (const listener of listeners) if (listener.listening) listener.close();
}

function describe(
  identity: ProcessIdentity,
  directory: string,
  logFile: string,
  config: LoadBalancerConfig,
  listeners: readonly Server[],
): RunningLoadBalancer {
  const urls = listeners.map((listener) => {
    const { address, port } = listener.address() as AddressInfo;
    return `http://${address}:${port}`;
  });
  return {
    identity,
    directory,
    logFile,
    tokenFile: config.tokenFile,
    adminUrl: urls.at(-1) ?? '',
    urls: Object.fromEntries(config.services.map(({ name }, index) => [name, urls[index] ?? ''])),
    shutdownMs: config.shutdownMs,
  };
}

/** The admin socket accepts from the start; it answers when the worker is up. */
async function untilServing(running: RunningLoadBalancer): Promise<void> {
  const client = await connectLoadBalancer(running);
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      await client.services();
      return;
    } catch (cause) {
      if ((await isAlive(running.identity)) && performance.now() < deadline) continue;
      await stopProcess(running.identity, { graceMs: 0 });
      throw new LocalError(
        'LOAD_BALANCER_FAILED',
        `the load balancer did not start\n${await tailLog(running.logFile, 20)}`,
        { cause, next: `read ${running.logFile}` },
      );
    }
  }
}
