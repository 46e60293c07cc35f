import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import readline from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startTemporaryPostgres } from '@prompt-card/embedded-postgres';

/** The built frontend before the built backend before PostgreSQL. */
export interface System {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

const apps = path.resolve(import.meta.dirname, '../..');
const backend = path.join(apps, 'backend/dist/main.js');
const frontend = path.join(apps, 'frontend/.next/standalone/apps/frontend/server.js');

/** How long a server may take until it answers; generous, for a busy machine. */
const startTimeoutMs = 60_000;

/** Starts everything on free ports. Without `databaseUrl` it brings a database that `stop` removes. */
export async function startSystem(databaseUrl: string | undefined): Promise<System> {
  for (const file of [backend, frontend]) requireBuilt(file);
  const started: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const end of started.splice(0).reverse()) await end();
  };
  try {
    const database = databaseUrl ?? (await startDatabase(started));
    await migrate(database);
    const apiUrl = await startBackend(database, started);
    return { url: await startFrontend(apiUrl, started), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function requireBuilt(file: string): void {
  if (fs.existsSync(file)) return;
  throw new Error(`${file} is missing. Run \`npx nx run-many -t build -p backend,frontend\`.`);
}

async function startDatabase(started: (() => Promise<unknown>)[]): Promise<string> {
  const server = await startTemporaryPostgres();
  started.push(() => server.stop());
  await server.createDatabase('frontend_e2e');
  return server.url('frontend_e2e');
}

async function migrate(databaseUrl: string): Promise<void> {
  const env = { ...process.env, DATABASE_URL: databaseUrl };
  await promisify(execFile)(process.execPath, [backend, 'migrate'], { env });
}

/** Takes any free port and reads it from the backend's log. */
async function startBackend(
  databaseUrl: string,
  started: (() => Promise<unknown>)[],
): Promise<string> {
  const env = { HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'info', DATABASE_URL: databaseUrl };
  const child = startServer(backend, env, 'pipe', started);
  const lines = readline.createInterface({ input: child.stdout ?? process.stdin });
  for await (const line of lines) {
    const port = /"event":"listening".*"port":(\d+)/.exec(line)?.[1];
    if (port === undefined) continue;
    child.stdout?.resume();
    return `http://127.0.0.1:${port}`;
  }
  throw new Error('The backend ended before it listened; its log is above.');
}

async function startFrontend(apiUrl: string, started: (() => Promise<unknown>)[]): Promise<string> {
  const port = await freePort();
  const env = { HOSTNAME: '127.0.0.1', PORT: String(port), API_URL: apiUrl, REVISION: 'e2e' };
  const child = startServer(frontend, env, 'ignore', started);
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + startTimeoutMs;
  while (!(await answers(`${url}/health`))) {
    if (child.exitCode !== null) throw new Error(`The frontend ended with code ${child.exitCode}.`);
    if (Date.now() > deadline) throw new Error(`The frontend does not answer at ${url}.`);
    await sleep(50);
  }
  return url;
}

function startServer(
  file: string,
  env: Readonly<Record<string, string>>,
  stdout: 'pipe' | 'ignore',
  started: (() => Promise<unknown>)[],
): ChildProcess {
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, ...env },
    stdio: ['ignore', stdout, 'inherit'],
  });
  started.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
  });
  return child;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
