import type { ArtifactLocator, ArtifactStore, Quarantine } from '@prompt-card/cache';
import type { Logger } from '@prompt-card/core';
import type { ServerKey } from '@prompt-card/storage';
import type { Authenticator } from './access/authenticator.ts';
import type { WorkloadVerifier } from './access/workload-verifier.ts';
import type { ServerConfig } from './config.ts';
import type { AuditLog } from './sight/audit-log.ts';
import type { Metrics } from './sight/metrics.ts';
import type { Statistics } from './sight/statistics.ts';
import type { Retention } from './upkeep/retention.ts';
import type { WriteRate } from './upkeep/write-rate.ts';

/** What the routes work with; built once in `start-server.ts`. */
export interface Services {
  readonly config: ServerConfig;
  readonly store: ArtifactStore;
  readonly quarantine: Quarantine;
  readonly locator: ArtifactLocator;
  readonly retention: Retention;
  readonly authenticator: Authenticator;
  readonly workloads: WorkloadVerifier | undefined;
  readonly writeRate: WriteRate;
  readonly key: ServerKey;
  readonly audit: AuditLog;
  readonly metrics: Metrics;
  readonly statistics: Statistics;
  readonly logger: Logger;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  readonly memoryTierBytes: () => number;
  readonly isDraining: () => boolean;
}
