import { mkdirSync, readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { artifactName, type QuarantinedArtifact } from '@prompt-card/cache';
import type { Logger } from '@prompt-card/core';
import { MemoryTier } from '@prompt-card/storage';
import { Authenticator } from './access/authenticator.ts';
import { WorkloadVerifier } from './access/workload-verifier.ts';
import { createCacheServer } from './cache-server.ts';
import type { ServerConfig } from './config.ts';
import { openStorage } from './open-storage.ts';
import { RemoteCacheError } from './remote-cache-error.ts';
import type { Services } from './services.ts';
import { AuditLog } from './sight/audit-log.ts';
import { Metrics } from './sight/metrics.ts';
import { Statistics } from './sight/statistics.ts';
import { systemClock } from './system-clock.ts';
import { Retention } from './upkeep/retention.ts';
import { scrub } from './upkeep/scrub.ts';
import { WriteRate } from './upkeep/write-rate.ts';

/** A server that answers. */
export interface RunningServer {
  readonly url: string;
  readonly services: Services;
  /** Takes no new upload, lets transfers end for as long as the drain may take, then closes. */
  close(): Promise<void>;
  /** Reads the certificate again. */
  reloadTls(): void;
}

const SAVE_MS = 60_000;
const SWEEP_MS = 3_600_000;

/** Builds everything from the configuration and listens. The one place where a storage is chosen. */
export async function startServer(config: ServerConfig, logger: Logger): Promise<RunningServer> {
  const dir = resolve(config.dir);
  mkdirSync(dir, { recursive: true });
  const { now } = systemClock;
  const metrics = new Metrics();
  const audit = new AuditLog(join(dir, 'audit.log'));
  const onQuarantine = (artifact: QuarantinedArtifact) => {
    metrics.quarantined++;
    logger.warn({ ...artifact }, 'quarantined');
    const name = artifactName(artifact);
    audit.record({ event: 'quarantined', artifact: name, reason: artifact.reason });
  };
  const storage = await openStorage(config, dir, now, onQuarantine);
  const store = new MemoryTier({ behind: storage.store, maxBytes: config.memoryBytes, now });
  const retention = new Retention({
    store,
    limits: config.limits,
    now,
    onEvict: ({ artifact, reason }) => {
      metrics.eviction(reason);
      audit.record({ event: 'evicted', artifact: artifactName(artifact), reason });
    },
    ...(config.s3 ? {} : { reserve: { folder: dir, bytes: config.minFreeBytes } }),
  });
  await retention.sweep();

  const stopping = new AbortController();
  const services: Services = {
    config,
    store,
    quarantine: storage.quarantine,
    locator: storage.locator,
    retention,
    authenticator: new Authenticator({
      tokenFile: join(dir, 'tokens.json'),
      key: storage.key,
      now,
      logger,
    }),
    workloads:
      config.oidc &&
      new WorkloadVerifier({ ...config.oidc, usedFile: join(dir, 'used-identities'), now }),
    writeRate: new WriteRate(config.maxWritesPerMinute, now),
    key: storage.key,
    audit,
    metrics,
    statistics: new Statistics(join(dir, 'statistics.json'), now()),
    logger,
    now,
    memoryTierBytes: () => store.bytes,
    isDraining: () => stopping.signal.aborted,
  };
  const server = createCacheServer(services, readTls(config));
  const url = await listen(server, config);
  audit.record({ event: 'started' });
  const upkeep = startUpkeep(services, storage.upkeep, stopping.signal);
  return {
    url,
    services,
    reloadTls: () => {
      const tls = readTls(config);
      if (tls && 'setSecureContext' in server) {
        (server as Server & { setSecureContext(tls: object): void }).setSecureContext(tls);
      }
    },
    close: async () => {
      stopping.abort();
      await drainConnections(server, config.drainTimeoutMs);
      await upkeep;
      await storage.upkeep();
      await services.statistics.save();
      audit.record({ event: 'stopped' });
      await audit.close();
    },
  };
}

/** Saves, sweeps and scrubs until stopped. */
async function startUpkeep(
  services: Services,
  saveStorage: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { logger, metrics, config } = services;
  const every = async (intervalMs: number, act: () => Promise<void>) => {
    while (!signal.aborted) {
      await systemClock.sleep(intervalMs, signal);
      if (signal.aborted) return;
      try {
        await act();
      } catch (error) {
        // The next turn tries again; a full disk must not end the server.
        logger.error({ error: String(error) }, 'upkeep failed');
      }
    }
  };
  await Promise.all([
    every(SAVE_MS, async () => {
      await saveStorage();
      await services.statistics.save();
    }),
    every(SWEEP_MS, () => services.retention.sweep()),
    every(config.scrubIntervalMs, async () => {
      const report = await scrub(services.store, systemClock, signal);
      metrics.scrubbed += report.checked;
      logger.info({ ...report }, 'scrubbed');
    }),
  ]);
}

function readTls(config: ServerConfig) {
  if (!config.tls) return undefined;
  return { cert: readFileSync(config.tls.certFile), key: readFileSync(config.tls.keyFile) };
}

async function listen(server: Server, config: ServerConfig): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const address = `${config.host}:${config.port}`;
      reject(
        cause.code === 'EADDRINUSE'
          ? new RemoteCacheError('ADDRESS_IN_USE', `${address} is in use`, {
              cause,
              next: 'stop what listens there, or choose another --port',
            })
          : cause,
      );
    });
    server.listen(config.port, config.host, 1024, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  return `${config.tls ? 'https' : 'http'}://${host}:${port}`;
}

async function drainConnections(server: Server, timeoutMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const timer = setTimeout(() => server.closeAllConnections(), timeoutMs);
  // Connections that wait between two requests would hold the drain up until its time is over.
  const idle = setInterval(() => server.closeIdleConnections(), 100);
  server.closeIdleConnections();
  await closed;
  clearTimeout(timer);
  clearInterval(idle);
}
