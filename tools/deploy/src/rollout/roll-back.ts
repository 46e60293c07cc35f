import { FileLease, currentUser, systemClock } from '@prompt-card/local';
import {
  type ReleaseSet,
  type Revision,
  RolloutError,
  decide,
  isFinished,
  rollbackPlan,
} from '@prompt-card/rollout';
import { printLine } from '../command.ts';
import type { LocalEnvironment } from '../environment/local-environment.ts';
import { planTimes } from '../environment/plan-settings.ts';
import { describeOutcome } from '../output/outcome.ts';
import { progressView } from '../output/progress-view.ts';
import { compactRollouts } from './compact-rollouts.ts';
import { pruneRevisions } from './prune-revisions.ts';
import { releaseByWhatRuns } from './release-by-what-runs.ts';
import { type RecordedRollout, lastRollout, nextRolloutNumber } from './rollout-files.ts';
import {
  type SessionOptions,
  type SessionResult,
  beginRollout,
  openJournal,
  resumeRollout,
} from './rollout-session.ts';

export interface RollBackOptions {
  /** Id of the revision of the first service to go back to; `undefined` for the one before. */
  readonly to: string | undefined;
  readonly reason: string;
  readonly takeOver: boolean;
  readonly requestsPerSecond: number | undefined;
}

/**
 * Goes back, whatever state the environment is in: a rollout that is unfinished is rolled back; after a
 * promoted one the services it changed return to their previous revisions. `undefined` where the last
 * rollout has been rolled back already: asking twice must not bring the bad release back.
 */
export async function rollBack(
  environment: LocalEnvironment,
  options: RollBackOptions,
): Promise<SessionResult | undefined> {
  const lease = await FileLease.acquire(
    environment.path('lease'),
    { by: currentUser(), purpose: 'a rollback', takeOver: options.takeOver },
    systemClock,
  );
  try {
    const session: SessionOptions = {
      environment,
      running: await environment.up(printLine),
      lease,
      view: progressView(process.stdout),
      requestsPerSecond: options.requestsPerSecond,
    };
    const last = await readableLastRollout(environment);
    if (last === 'corrupt') {
      const release =
        options.to === undefined
          ? await releaseByWhatRuns(environment, session.running)
          : await releaseToUndo(environment, options.to, []);
      return await beginRollback(session, release, options.reason);
    }
    if (last && !isFinished(last.rollout)) {
      const request = {
        kind: 'abort-requested',
        by: lease.holder.by,
        reason: options.reason,
      } as const;
      const journal = await openJournal(session, last.rollout.id);
      await journal.append({
        atMs: systemClock.now(),
        fence: lease.fence,
        entry: { kind: 'event', event: request },
      });
      return await resumeRollout(session, decide(last.rollout, request));
    }
    if (last?.rollout.phase.kind === 'rolled-back' && options.to === undefined) {
      printLine(
        `${describeOutcome(last.rollout)}; nothing to do. To go further back name a revision with --to`,
      );
      return undefined;
    }
    const release = await releaseToUndo(environment, options.to, last?.rollout.plan.release ?? []);
    return await beginRollback(session, release, options.reason);
  } finally {
    await lease.release();
  }
}

async function beginRollback(
  session: SessionOptions,
  release: ReleaseSet,
  reason: string,
): Promise<SessionResult> {
  if (release.length === 0) {
    throw new RolloutError('NOTHING_TO_DO', 'nothing has been released here yet', {
      next: 'start with: npx nx run deploy:canary',
    });
  }
  const { environment, running } = session;
  const times = planTimes(environment.file);
  const result = await beginRollout(session, {
    id: String(await nextRolloutNumber(environment)),
    plan: rollbackPlan(release, times),
    times,
    onInconclusive: 'pause',
    reason,
  });
  await pruneRevisions(environment, running);
  await compactRollouts(environment);
  return result;
}

/** Going back must be possible without the journal, too. */
async function readableLastRollout(
  environment: LocalEnvironment,
): Promise<RecordedRollout | 'corrupt' | undefined> {
  try {
    return await lastRollout(environment);
  } catch (error) {
    if (!(error instanceof RolloutError) || error.code !== 'JOURNAL_CORRUPT') throw error;
    printLine(`${error.message}; going back by what runs`);
    return 'corrupt';
  }
}

/** For every service that the last rollout changed: from what is stable now to what was before. */
async function releaseToUndo(
  environment: LocalEnvironment,
  to: string | undefined,
  lastRelease: ReleaseSet,
): Promise<ReleaseSet> {
  const [first] = environment.file.services;
  const services =
    to === undefined ? lastRelease.map(({ candidate }) => candidate.service) : [first?.name ?? ''];
  const changes = await Promise.all(
    services.map(async (service) => {
      const [current, ...earlier] = await environment.record.history(service);
      const previous = to === undefined ? earlier[0] : earlier.find(({ id }) => id === to);
      if (current && previous) return { stable: previous, candidate: current, migrates: false };
      throw new RolloutError(
        'REVISION_UNKNOWN',
        `${service} has no ${to === undefined ? 'earlier revision' : `revision ${to}`} to go back to`,
        { next: `known are ${names(earlier)}; see npx nx run deploy:status` },
      );
    }),
  );
  return changes;
}

function names(revisions: readonly Revision[]): string {
  return revisions.length === 0 ? 'none' : revisions.map(({ id }) => id).join(', ');
}
