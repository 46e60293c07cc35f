import fs from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { prepareBinaries } from './binaries.ts';
import { openDataDirectory, type DataDirectory } from './data-directory.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { findFreePort } from './free-port.ts';
import { launch } from './launch.ts';
import { startReaper, type Reaper } from './reaper.ts';
import { findRunningServer, type RunningServer } from './running-server.ts';
import { assertReachable, findServerUser } from './server-user.ts';
import { stopPostgres } from './stop-postgres.ts';
import { answersQueries, connectionUrl, createDatabase } from './superuser.ts';

export interface StartOptions {
  /** Made when missing or empty; see {@link DataDirectory} for what it will hold. */
  readonly dataDirectory: string;
  /** 0, the default, means any free port. A server that is adopted keeps its own. */
  readonly port?: number;
  /** Default `<dataDirectory>/server.log`; appended to. */
  readonly logFile?: string;
  /** True lets the server outlive this process. Otherwise it stops however this process ends. */
  readonly detached?: boolean;
  /** False trades crash safety for speed: for data that dies with the test. Default true. */
  readonly durable?: boolean;
  /** More server settings, e.g. `{ max_connections: '200' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** For the whole start. Default 30 s. */
  readonly timeoutMs?: number;
  /** Removed when this process ends without stopping the server; for temporary servers. */
  readonly removeWhenAbandoned?: string;
}

/** A running server on 127.0.0.1. */
export interface PostgresServer {
  readonly dataDirectory: string;
  readonly port: number;
  readonly pid: number;
  /** True when the server was already running; stopping it may then pull it from under someone else. */
  readonly adopted: boolean;
  /** A connection URL with the superuser's password in it: not for logs. */
  url(database: string): string;
  /** Does nothing when the database exists. */
  createDatabase(name: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts the server of a data directory, or adopts the one that already runs there. Any number of
 * processes may do this at once: the data directory appears atomically, PostgreSQL's own lock lets one
 * server start, and the others find it.
 */
export async function startPostgres(options: StartOptions): Promise<PostgresServer> {
  const directory = path.resolve(options.dataDirectory);
  const durable = options.durable ?? true;
  const deadline = Date.now() + (options.timeoutMs ?? 30_000);
  const binaries = await prepareBinaries();
  const user = await findServerUser();
  await fs.mkdir(path.dirname(directory), { recursive: true });
  if (user) {
    await assertReachable(binaries.directory, user);
    await assertReachable(path.dirname(directory), user);
  }
  const data = await openDataDirectory(directory, { binaries, user, durable });

  while (Date.now() < deadline) {
    const running = await findRunningServer(data.cluster, deadline - Date.now());
    if (running) {
      const superuser = { port: running.port, password: data.password };
      if (await answersQueries(superuser)) return new Server(data, { ...running, adopted: true });
      await sleep(retryDelayMs);
      continue;
    }

    const port = options.port || (await findFreePort());
    const reaper = options.detached
      ? undefined
      : startReaper(data.cluster, options.removeWhenAbandoned);
    const outcome = await launch({
      binaries,
      user,
      cluster: data.cluster,
      port,
      logFile: options.logFile ?? path.join(directory, 'server.log'),
      settings: { ...(durable ? {} : fragileSettings), ...options.settings },
      timeoutMs: deadline - Date.now(),
      detached: options.detached ?? false,
      onSpawn: (pid) => reaper?.watch(pid),
    });
    if (outcome.kind === 'ready') {
      return new Server(data, {
        port,
        pid: outcome.pid,
        adopted: false,
        ...(reaper && { reaper }),
      });
    }
    await reaper?.dismiss();
    if (outcome.kind === 'failed') throw startFailed(directory, outcome.log);
    if (outcome.kind === 'port-in-use' && options.port) throw portInUse(options.port);
    await sleep(retryDelayMs);
  }
  throw startFailed(directory, 'another server of this directory neither becomes ready nor ends');
}

const retryDelayMs = 50;

/** Skips every wait for the disk. */
const fragileSettings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

class Server implements PostgresServer {
  readonly dataDirectory: string;
  readonly port: number;
  readonly pid: number;
  readonly adopted: boolean;
  readonly #password: string;
  readonly #reaper: Reaper | undefined;

  constructor(data: DataDirectory, running: RunningServer & { adopted: boolean; reaper?: Reaper }) {
    this.dataDirectory = data.path;
    this.port = running.port;
    this.pid = running.pid;
    this.adopted = running.adopted;
    this.#password = data.password;
    this.#reaper = running.reaper;
  }

  url(database: string): string {
    return connectionUrl({ port: this.port, password: this.#password }, database);
  }

  createDatabase(name: string): Promise<void> {
    return createDatabase({ port: this.port, password: this.#password }, name);
  }

  async stop(): Promise<void> {
    await stopPostgres(this.dataDirectory);
    await this.#reaper?.dismiss();
  }
}

function portInUse(port: number): EmbeddedPostgresError {
  return new EmbeddedPostgresError('PORT_IN_USE', `port ${port} of 127.0.0.1 is taken`, {
    next: 'use port 0 for any free one',
  });
}

function startFailed(directory: string, log: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'START_FAILED',
    `PostgreSQL did not start on ${directory}: ${log}`,
    { next: `read ${path.join(directory, 'server.log')}` },
  );
}
