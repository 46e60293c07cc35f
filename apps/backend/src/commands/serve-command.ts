import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Database, migrate, readMigrations } from '@prompt-card/store';
import type { FastifyInstance } from 'fastify';
import { buildApp } from '../app.ts';
import type { Config } from '../config.ts';
import { logSettings, logStream } from '../log.ts';
import { leaseDatabase } from './database-url.ts';

export interface ServeFolders {
  readonly migrations: string;
  readonly docsAssets: string;
}

/**
 * Serves until SIGTERM or SIGINT. It never migrates a configured database: with several instances
 * starting, that is the deployment's step. The embedded development database is migrated at once.
 */
export async function runServe(config: Config, folders: ServeFolders): Promise<void> {
  if (config.faults.crashOnStart) throw new Error('crashing on start, as FAULT asks');
  const stopped = awaitStopSignal();
  const lease = await leaseDatabase(config.databaseUrl);
  try {
    if (lease.embedded) await migrate({ url: lease.url, migrationsFolder: folders.migrations });
    const database = new Database({
      url: lease.url,
      applicationName: `prompt-card-${config.identity.revision}`,
      maxConnections: config.databaseMaxConnections,
      onIdleError: (error) => app.log.warn({ err: error }, 'a database connection broke'),
    });
    const app = await buildApp({
      identity: config.identity,
      database,
      migrations: await readMigrations(folders.migrations),
      faults: config.faults,
      logger: logSettings(config, logStream()),
      docsAssets: folders.docsAssets,
    });
    await delayUnless(stopped, config.faults.startDelayMs);
    await listen(app, config);
    const signal = await stopped;
    await shutDown(app, signal, config.shutdownTimeoutMs);
    await database.close();
  } finally {
    await lease.release();
  }
}

function awaitStopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    // `on`, not `once`: a second Ctrl-C must not kill the process in the middle of an answer.
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal));
  });
}

async function delayUnless(stopped: Promise<unknown>, delayMs: number): Promise<void> {
  const over = new AbortController();
  await Promise.race([sleep(delayMs, undefined, { signal: over.signal }), stopped]);
  over.abort();
}

async function listen(app: FastifyInstance, { host, port }: Config): Promise<void> {
  await app.listen({ host, port, listenTextResolver: () => 'accepting requests' });
  const address = app.server.address() as AddressInfo;
  app.log.info({ event: 'listening', host: address.address, port: address.port }, 'listening');
}

/** Takes no new connection, finishes what is under way, and after `timeoutMs` cuts off what is left. */
async function shutDown(app: FastifyInstance, signal: string, timeoutMs: number): Promise<void> {
  app.log.info({ event: 'stopping', signal }, 'stopping: finishing requests under way');
  const timer = setTimeout(() => {
    app.log.warn({ event: 'cut-off', timeoutMs }, 'requests took too long and were cut off');
    process.exitCode = 1;
    app.server.closeAllConnections();
  }, timeoutMs);
  await app.close();
  clearTimeout(timer);
  app.log.info({ event: 'stopped' }, 'stopped');
}
