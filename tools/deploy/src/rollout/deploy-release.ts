import { FileLease, currentUser, systemClock } from '@prompt-card/local';
import {
  type OnInconclusive,
  type Plan,
  type ReleaseSet,
  type Rollout,
  RolloutError,
  type RolloutStart,
  describeStep,
  installPlan,
  isFinished,
  waitsForPerson,
} from '@prompt-card/rollout';
import { printLine } from '../command.ts';
import { keepCandidates, planInstall, planRelease } from '../environment/candidates.ts';
import type { LocalEnvironment } from '../environment/local-environment.ts';
import { planTimes } from '../environment/plan-settings.ts';
import { describeInterrupted, describeOutcome, nextMoves } from '../output/outcome.ts';
import { progressView } from '../output/progress-view.ts';
import { checkSecrets } from '../hooks/secrets.ts';
import { passFrozen } from '../preflight/pass-frozen.ts';
import { type Overrulings, passDrift, passMigrations } from '../preflight/permission.ts';
import { preflightLines } from '../preflight/preflight-lines.ts';
import { readServices } from '../preflight/read-drift.ts';
import { readMigrations } from '../preflight/read-migrations.ts';
import { readPreflight } from '../preflight/read-preflight.ts';
import { compactRollouts } from './compact-rollouts.ts';
import { pruneRevisions } from './prune-revisions.ts';
import { recordRefusal } from './record-refusal.ts';
import { restoreStable } from './restore-stable.ts';
import { lastRollout, nextRolloutNumber } from './rollout-files.ts';
import {
  type SessionOptions,
  type SessionResult,
  beginRollout,
  resumeRollout,
} from './rollout-session.ts';
import { undoDrift } from './undo-drift.ts';

/** What `deploy:canary` and `deploy:blue-green` have in common. */
export interface DeployOptions extends Overrulings {
  readonly dryRun: boolean;
  readonly takeOver: boolean;
  readonly onInconclusive: OnInconclusive;
  readonly reason: string;
  readonly requestsPerSecond?: number | undefined;
  /** Environment variables of the first service's candidate alone. */
  readonly variables: Readonly<Record<string, string>>;
}

export type PlanFor = (release: ReleaseSet) => Plan;

/**
 * Rolls out what has been built: first whatever the environment lacks (its database, its load balancer,
 * a stable revision), then the release itself. A rollout whose controller died is finished instead of
 * starting another one over it. `undefined` after a dry run.
 */
export async function deployRelease(
  environment: LocalEnvironment,
  planFor: PlanFor,
  options: DeployOptions,
): Promise<SessionResult | undefined> {
  const unfinished = await unfinishedRollout(environment);
  if (options.dryRun) {
    await printDryRun(environment, planFor, options, unfinished);
    return undefined;
  }
  if (!unfinished) await recordRefusal(environment, () => passFrozen(environment, options));
  const lease = await FileLease.acquire(
    environment.path('lease'),
    { by: currentUser(), purpose: 'a rollout', takeOver: options.takeOver },
    systemClock,
  );
  try {
    return await underLease(environment, planFor, options, lease);
  } finally {
    await lease.release();
  }
}

async function underLease(
  environment: LocalEnvironment,
  planFor: PlanFor,
  options: DeployOptions,
  lease: FileLease,
): Promise<SessionResult> {
  const session: SessionOptions = {
    environment,
    running: await environment.up(printLine),
    lease,
    view: progressView(process.stdout),
    requestsPerSecond: options.requestsPerSecond,
  };
  // Asked again: only now nobody else can change it.
  const unfinished = await unfinishedRollout(environment);
  if (unfinished) {
    printLine(`${describeInterrupted(unfinished)}; it is finished first`);
    return resumeRollout(session, unfinished);
  }
  return recordRefusal(environment, () => releaseNew(session, planFor, options));
}

/** A release that nothing stands in the way of, or whose obstacles somebody has overruled. */
async function releaseNew(
  session: SessionOptions,
  planFor: PlanFor,
  options: DeployOptions,
): Promise<SessionResult> {
  const { environment, running, lease } = session;
  const frozen = passFrozen(environment, options);
  checkSecrets(environment.file, process.env);
  const services = await readServices(environment, running);
  const drift = passDrift(
    services.flatMap((service) => service.drift),
    options,
  );
  await installMissing(session, options, [...frozen, ...drift]);
  await undoDrift(session, [...frozen, ...drift]);
  await restoreStable(environment, running, lease.fence, printLine);
  const number = await nextRolloutNumber(environment);
  const release = await planRelease(environment, number, systemClock.now(), options.variables);
  const forecasts = await readMigrations(
    environment,
    release,
    await readServices(environment, running),
  );
  const { forget, overruled } = passMigrations(forecasts, options);
  await keepCandidates(environment, release);
  for (const { service, id } of forget) await environment.record.forget(service, [id], lease.fence);
  const start = startOf(number, planFor(release), environment, options);
  const result = await beginRollout(session, start, [...frozen, ...drift, ...overruled]);
  await pruneRevisions(environment, running);
  await compactRollouts(environment);
  return result;
}

async function installMissing(
  session: SessionOptions,
  options: DeployOptions,
  overruled: readonly string[],
): Promise<void> {
  const { environment } = session;
  const number = await nextRolloutNumber(environment);
  const release = await planInstall(environment, number, systemClock.now());
  if (release.length === 0) return;
  await keepCandidates(environment, release);
  const plan = installPlan(release, planTimes(environment.file));
  const start = startOf(number, plan, environment, options);
  const { rollout } = await beginRollout(session, start, overruled);
  if (rollout.phase.kind === 'promoted') return;
  throw new RolloutError('NOTHING_TO_DO', describeOutcome(rollout), {
    next: 'read what it said above, mend it, and run the same command again',
  });
}

function startOf(
  number: number,
  plan: Plan,
  environment: LocalEnvironment,
  { onInconclusive, reason }: DeployOptions,
): RolloutStart {
  return {
    id: String(number),
    plan,
    times: planTimes(environment.file),
    onInconclusive,
    reason,
  };
}

/** A rollout that can be gone on with; one that waits for a person is an error that says so. */
async function unfinishedRollout(environment: LocalEnvironment): Promise<Rollout | undefined> {
  const last = await lastRollout(environment);
  if (!last || isFinished(last.rollout)) return undefined;
  if (waitsForPerson(last.rollout)) {
    throw new RolloutError('ROLLOUT_UNFINISHED', describeOutcome(last.rollout), {
      next: nextMoves(last.rollout).join('; '),
    });
  }
  return last.rollout;
}

async function printDryRun(
  environment: LocalEnvironment,
  planFor: PlanFor,
  options: DeployOptions,
  unfinished: Rollout | undefined,
): Promise<void> {
  if (!unfinished) {
    preflightLines(await readPreflight(environment, planFor, options)).forEach(printLine);
    return;
  }
  printLine(`dry run: nothing is changed in ${environment.file.name} (${environment.folder})`);
  printLine(
    `would finish first: ${describeOutcome(unfinished)}, from step ${unfinished.cursor + 1}`,
  );
  unfinished.steps.slice(unfinished.cursor).forEach((step, i) => {
    printLine(`  ${i + 1}. ${describeStep(step)}`);
  });
}
