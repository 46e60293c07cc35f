import { CodedError } from '@prompt-card/core';
import { systemClock } from '@prompt-card/local';
import {
  type Plan,
  type ReleaseSet,
  countsSince,
  installPlan,
  NO_TRAFFIC,
} from '@prompt-card/rollout';
import { planInstall, planRelease } from '../environment/candidates.ts';
import type { LocalEnvironment, RunningEnvironment } from '../environment/local-environment.ts';
import { planTimes } from '../environment/plan-settings.ts';
import { openWindows } from '../freeze/open-windows.ts';
import { checkSecrets } from '../hooks/secrets.ts';
import { nextRolloutNumber } from '../rollout/rollout-files.ts';
import { type Overrulings, passDrift, passFreeze, passMigrations } from './permission.ts';
import type { Preflight } from './preflight-lines.ts';
import { type ServiceReading, readServices } from './read-drift.ts';
import { type MigrationForecast, readMigrations } from './read-migrations.ts';

/** How long requests are counted to say which share each revision gets now. */
const MEASURE_MS = 1_000;

/** Reads everything that a rollout would find, and what it would do; changes nothing. */
export async function readPreflight(
  environment: LocalEnvironment,
  planFor: (release: ReleaseSet) => Plan,
  options: Overrulings & { readonly variables: Readonly<Record<string, string>> },
): Promise<Preflight> {
  const { file } = environment;
  const running = await environment.connect();
  const services = await readServices(environment, running);
  const nowMs = systemClock.now();
  const number = await nextRolloutNumber(environment);
  const missing = await planInstall(environment, number, nowMs);
  const own = missing.length > 0 ? number + 1 : number;
  const release = await planRelease(environment, own, nowMs, options.variables, missing);
  const migrations = await forecast(environment, missing.length > 0 ? missing : release, services);
  const windows = openWindows(file.freezeWindows, nowMs);
  return {
    environment: file.name,
    folder: environment.folder,
    running: running !== undefined,
    services,
    measured: running ? await measure(running, services) : {},
    release,
    migrations,
    windows,
    hooks: file.hooks,
    plans: [
      ...(missing.length > 0
        ? [
            {
              title: `would first install, as rollout ${number}`,
              plan: installPlan(missing, planTimes(file)),
            },
          ]
        : []),
      { title: `would roll out, as rollout ${own}`, plan: planFor(release) },
    ],
    refusals: [
      () => passFreeze(file.name, windows, options),
      () => {
        checkSecrets(file, process.env);
      },
      () =>
        passDrift(
          services.flatMap(({ drift }) => drift),
          options,
        ),
      () => passMigrations(migrations, options),
    ].flatMap(refusalOf),
  };
}

/** What a build cannot tell now is no reason to tell nothing. */
async function forecast(
  environment: LocalEnvironment,
  release: ReleaseSet,
  services: readonly ServiceReading[],
): Promise<readonly MigrationForecast[]> {
  try {
    return await readMigrations(environment, release, services);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return release
      .filter(({ migrates }) => migrates)
      .map(({ candidate }) => ({ kind: 'unknown', candidate, why: error.message }));
  }
}

async function measure(
  { router }: RunningEnvironment,
  services: readonly ServiceReading[],
): Promise<Preflight['measured']> {
  const observe = () => Promise.all(services.map(({ service }) => router.observe(service)));
  const before = await observe();
  await systemClock.sleep(MEASURE_MS);
  const after = await observe();
  return Object.fromEntries(
    services.map(({ service }, i) => {
      const counts = (after[i] ?? []).map(({ revisionId, counts: now }) => {
        const earlier = before[i]?.find((arm) => arm.revisionId === revisionId)?.counts;
        return { revisionId, requests: countsSince(now, earlier ?? NO_TRAFFIC).requests };
      });
      const total = counts.reduce((sum, { requests }) => sum + requests, 0);
      const shares = counts.map(({ revisionId, requests }) => [
        revisionId,
        (100 * requests) / total,
      ]);
      return [service, total === 0 ? {} : Object.fromEntries(shares)];
    }),
  );
}

function refusalOf(check: () => unknown): readonly string[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return [`${error.code}: ${error.message}`, ...(error.next ? [`  next: ${error.next}`] : [])];
  }
}
