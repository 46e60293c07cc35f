import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import { readIfPresent, writeDurably } from '../environment/durable-file.ts';
import { LocalError } from '../errors.ts';
import { findProcess } from '../process/find-process.ts';
import { tailLog } from '../process/log-tail.ts';
import { freePort, listen } from '../process/port.ts';
import { isAlive, type ProcessIdentity } from '../process/process-identity.ts';
import { startProcess } from '../process/start-process.ts';
import { stopProcess } from '../process/stop-process.ts';
import { slotMap, slotMapText } from './commands.ts';
import { RUNTIME_SOCKET, haproxyConfig } from './haproxy-config.ts';
import {
  type HaproxyService,
  type HaproxyServiceInput,
  haproxyServiceSchema,
} from './haproxy-service.ts';
import { RoutingFile } from './routing-file.ts';
import { type Routing, inNewEra } from './routing.ts';
import { runCommands } from './runtime-socket.ts';

/** What `startHaproxy` needs. */
export interface HaproxyOptions {
  /** Its own folder: configuration, socket, routing, log. Made if it is missing. */
  readonly directory: string;
  readonly services: readonly HaproxyServiceInput[];
  /** Folders to look for the program in, like `PATH`; see `haproxySearchPath`. */
  readonly searchPath: string;
}

const HOST = '127.0.0.1';
const START_TIMEOUT_MS = 15_000;
const STOP_GRACE_MS = 12_000;
const CHECK_TIMEOUT_MS = 10_000;
const LOOK_INTERVAL_MS = 20;
const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'];

const runningSchema = z.object({
  /** Absent if whoever started it died before it could be written down. */
  identity: z.object({ pid: z.int().positive(), startTime: z.string() }).optional(),
  urls: z.record(z.string(), z.string()),
});

/** An HAProxy on this machine. `urls` are by service, like `http://127.0.0.1:8080`. */
export interface RunningHaproxy {
  readonly identity: ProcessIdentity;
  readonly directory: string;
  readonly urls: Readonly<Record<string, string>>;
}

const run = promisify(execFile);

/** `PATH`, and folders that users often lack there: Debian keeps the program in `/usr/sbin`. */
export function haproxySearchPath(userPath: string): string {
  return [userPath, ...SYSTEM_FOLDERS].join(path.delimiter);
}

/** The program's path, or `undefined` where it is not installed. */
export function findHaproxyProgram(searchPath: string): string | undefined {
  return searchPath
    .split(path.delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => path.join(folder, 'haproxy'))
    .find((program) => existsSync(program));
}

/**
 * Starts HAProxy as a process of its own and returns when it serves, or finds it running. It begins with
 * the routing that was last asked for.
 */
export async function startHaproxy(options: HaproxyOptions): Promise<RunningHaproxy> {
  const directory = path.resolve(options.directory);
  const found = await findHaproxy(directory);
  if (found) return found;
  const program = findHaproxyProgram(options.searchPath);
  if (program === undefined) throw notInstalled();
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const services = await withPorts(parse(options.services));
  await writeConfig(program, directory, services);
  const urls = Object.fromEntries(
    services.map(({ name, port }) => [name, `http://${HOST}:${port}`]),
  );
  // Written before the start, so that a process whose starter died is found again.
  await writeDurably(runningFile(directory), JSON.stringify({ urls }));
  const identity = await startProcess({
    program,
    args: ['-db', '-f', configFile(directory)],
    cwd: directory,
    env: {},
    logFile: logFile(directory),
  });
  const running = { identity, directory, urls };
  await untilAnswering(running);
  await keep(running);
  return running;
}

/** The HAProxy that was started in this folder, if it still runs. */
export async function findHaproxy(directory: string): Promise<RunningHaproxy | undefined> {
  const folder = path.resolve(directory);
  const text = await readIfPresent(runningFile(folder));
  if (text === undefined) return undefined;
  const { identity, urls } = runningSchema.parse(JSON.parse(text));
  if (identity && (await isAlive(identity))) return { identity, directory: folder, urls };
  // No other process has this file on its command line.
  const unwritten = await findProcess(configFile(folder));
  if (!unwritten) return undefined;
  const adopted = { identity: unwritten, directory: folder, urls };
  await keep(adopted);
  return adopted;
}

/** Lets requests in flight finish, then ends it. Its routing stays on disk for the next start. */
export async function stopHaproxy({ identity, directory }: RunningHaproxy): Promise<void> {
  if (await isAlive(identity)) process.kill(identity.pid, 'SIGUSR1');
  const deadline = performance.now() + STOP_GRACE_MS;
  while ((await isAlive(identity)) && performance.now() < deadline) await sleep(LOOK_INTERVAL_MS);
  await stopProcess(identity, { graceMs: 2_000 });
  await rm(runningFile(directory), { force: true });
  await rm(path.join(directory, RUNTIME_SOCKET), { force: true });
}

function parse(services: readonly HaproxyServiceInput[]): readonly HaproxyService[] {
  const result = z.array(haproxyServiceSchema).min(1).safeParse(services);
  if (result.success) return result.data;
  throw new LocalError('CONFIGURATION_INVALID', z.prettifyError(result.error), {
    next: 'mend the environment file',
  });
}

/** Free ports instead of 0; rejects with `PORT_TAKEN` where HAProxy would only say that it cannot bind. */
async function withPorts(services: readonly HaproxyService[]): Promise<readonly HaproxyService[]> {
  const result: HaproxyService[] = [];
  for (const service of services) {
    if (service.port === 0) {
      result.push({ ...service, port: await freePort(HOST) });
      continue;
    }
    const server = await listen(HOST, service.port);
    await new Promise((resolve) => server.close(resolve));
    result.push(service);
  }
  return result;
}

async function writeConfig(
  program: string,
  directory: string,
  services: readonly HaproxyService[],
): Promise<void> {
  const routed: (HaproxyService & { readonly routing: Routing })[] = [];
  const era = randomUUID();
  for (const service of services) {
    await new RoutingFile(directory, service.name).update(
      (routing) => inNewEra(routing, era),
      async (routing) => {
        routed.push({ ...service, routing });
        await writeFile(path.join(directory, slotMap(service.name)), slotMapText(routing));
      },
    );
  }
  const candidate = `${configFile(directory)}.new`;
  await writeFile(candidate, haproxyConfig(routed), { mode: 0o600 });
  await check(program, directory, candidate);
  await rename(candidate, configFile(directory));
}

async function check(program: string, directory: string, file: string): Promise<void> {
  try {
    await run(program, ['-c', '-f', file], { cwd: directory, env: {}, timeout: CHECK_TIMEOUT_MS });
  } catch (cause) {
    const { stderr, message } = cause as Error & { stderr?: string };
    throw new LocalError(
      'CONFIGURATION_INVALID',
      `HAProxy refuses its configuration: ${stderr?.trim() || message}`,
      { cause, next: `read ${file}; HAProxy 2.6 or later is needed: ${program} -v` },
    );
  }
}

async function untilAnswering(running: RunningHaproxy): Promise<void> {
  const { identity, directory } = running;
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      await runCommands(directory, ['show info']);
      if (await isAlive(identity)) return;
    } catch (cause) {
      if ((await isAlive(identity)) && performance.now() < deadline) {
        await sleep(LOOK_INTERVAL_MS);
        continue;
      }
      throw await failed(running, cause);
    }
    throw await failed(running, undefined);
  }
}

async function failed(
  { identity, directory }: RunningHaproxy,
  cause: unknown,
): Promise<LocalError> {
  await stopProcess(identity, { graceMs: 0 });
  return new LocalError(
    'LOAD_BALANCER_FAILED',
    `HAProxy did not start\n${await tailLog(logFile(directory), 20)}`,
    { cause, next: `read ${logFile(directory)}` },
  );
}

function keep({ identity, directory, urls }: RunningHaproxy): Promise<void> {
  return writeDurably(runningFile(directory), JSON.stringify({ identity, urls }));
}

function notInstalled(): LocalError {
  return new LocalError('ROUTER_NOT_INSTALLED', 'HAProxy is not installed on this machine', {
    next: 'install it (Debian, Ubuntu: apt-get install haproxy; macOS: brew install haproxy), or choose --router=embedded',
  });
}

function configFile(directory: string): string {
  return path.join(directory, 'haproxy.cfg');
}

function logFile(directory: string): string {
  return path.join(directory, 'haproxy.log');
}

function runningFile(directory: string): string {
  return path.join(directory, 'running.json');
}
