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
import { describeOutcome, nextMoves } from '../output/outcome.ts';
import { progressView } from '../output/progress-view.ts';
import { pruneRevisions } from './prune-revisions.ts';
import { restoreStable } from './restore-stable.ts';
import { lastRollout, nextRolloutNumber } from './rollout-files.ts';
import {
  type SessionOptions,
  type SessionResult,
  beginRollout,
  resumeRollout,
} from './rollout-session.ts';

/** What `deploy:canary` and `deploy:blue-green` have in common. */
export interface DeployOptions {
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
    printLine(`${describeOutcome(unfinished)}; it was interrupted and is finished first`);
    return resumeRollout(session, unfinished);
  }
  await installMissing(session, options);
  await restoreStable(environment, session.running, lease.fence, printLine);
  const number = await nextRolloutNumber(environment);
  const release = await planRelease(environment, number, systemClock.now(), options.variables);
  await keepCandidates(environment, release);
  const result = await beginRollout(
    session,
    startOf(number, planFor(release), environment, options),
  );
  await pruneRevisions(environment, session.running);
  return result;
}

async function installMissing(session: SessionOptions, options: DeployOptions): Promise<void> {
  const { environment } = session;
  const number = await nextRolloutNumber(environment);
  const release = await planInstall(environment, number, systemClock.now());
  if (release.length === 0) return;
  await keepCandidates(environment, release);
  const plan = installPlan(release, planTimes(environment.file));
  const { rollout } = await beginRollout(session, startOf(number, plan, environment, options));
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
  printLine(`dry run: nothing is changed in ${environment.file.name} (${environment.folder})`);
  if (unfinished) {
    printLine(
      `would finish first: ${describeOutcome(unfinished)}, from step ${unfinished.cursor + 1}`,
    );
    unfinished.steps.slice(unfinished.cursor).forEach((step, i) => {
      printLine(`  ${i + 1}. ${describeStep(step)}`);
    });
    return;
  }
  const number = await nextRolloutNumber(environment);
  const nowMs = systemClock.now();
  const missing = await planInstall(environment, number, nowMs);
  if (missing.length > 0) {
    printPlan(
      `would first install, as rollout ${number}`,
      installPlan(missing, planTimes(environment.file)),
    );
  }
  const own = missing.length > 0 ? number + 1 : number;
  const release = await planRelease(environment, own, nowMs, options.variables, missing);
  printPlan(`would roll out, as rollout ${own}`, planFor(release));
}

function printPlan(title: string, plan: Plan): void {
  printLine(`${title}, ${plan.strategy}:`);
  plan.steps.forEach((step, i) => {
    printLine(`  ${i + 1}. ${describeStep(step)}`);
  });
}
