import { worstStatus, type ComprehensiveHealth } from '@prompt-card/contract';
import { readSchemaState, type Database, type Migration } from '@prompt-card/store';
import type { Identity } from '../../config.ts';
import { runChecks, type Check, type Finding } from './health-check.ts';
import { reuseFor } from './reuse-for.ts';

export interface ReadinessOptions {
  readonly database: Database;
  readonly migrations: readonly Migration[];
  readonly identity: Identity;
  readonly neverHealthy: boolean;
}

const resultAgeMs = 2_000;
const checkTimeoutMs = 2_000;

/**
 * Looks at everything the service needs and at nothing outside of it: a card can be served without any
 * third party. Load balancers ask often, so the result is shared for two seconds.
 */
export function createReadiness(options: ReadinessOptions): () => Promise<ComprehensiveHealth> {
  return reuseFor(
    resultAgeMs,
    () => performance.now(),
    () => assess(options),
  );
}

async function assess(options: ReadinessOptions): Promise<ComprehensiveHealth> {
  const { database, migrations, identity, neverHealthy } = options;
  let schemaVersion: string | null = null;
  const checks: Check[] = [
    {
      name: 'database',
      run: async () => {
        await database.ping();
        return { status: 'pass' };
      },
    },
    {
      name: 'migrations',
      run: async () => {
        const state = await readSchemaState(database, migrations);
        schemaVersion = state.version;
        return judgeMigrations(state.pending);
      },
    },
    // In this process until a shared cache is configured.
    { name: 'cache', run: async () => ({ status: 'pass' }) },
    ...(neverHealthy ? [brokenOnPurpose] : []),
  ];
  const results = await runChecks(checks, checkTimeoutMs);
  return {
    status: worstStatus(Object.values(results).map(({ status }) => status)),
    ...identity,
    schemaVersion,
    uptimeSeconds: Math.round(process.uptime()),
    checks: results,
  };
}

export function judgeMigrations(pending: readonly string[]): Finding {
  if (pending.length === 0) return { status: 'pass' };
  return {
    status: 'fail',
    detail: `not applied: ${pending.join(', ')}; run \`node main.js migrate\``,
  };
}

const brokenOnPurpose: Check = {
  name: 'fault',
  run: async () => ({ status: 'fail', detail: 'never healthy, as FAULT asks' }),
};
