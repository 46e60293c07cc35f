import {
  FileInbox,
  FileLease,
  type RolloutRequest,
  currentHolder,
  currentUser,
  systemClock,
} from '@prompt-card/local';
import { RolloutError, decide, isFinished } from '@prompt-card/rollout';
import { printLine } from '../command.ts';
import type { LocalEnvironment } from '../environment/local-environment.ts';
import { progressView } from '../output/progress-view.ts';
import { resultLines } from '../output/result-lines.ts';
import { passFrozen } from '../preflight/pass-frozen.ts';
import { recordRefusal } from './record-refusal.ts';
import { inboxFolder, lastRollout } from './rollout-files.ts';
import { openJournal, resumeRollout } from './rollout-session.ts';

/**
 * Puts a person's wish to the rollout that is under way: into the inbox of its controller if that runs,
 * else into the journal, and then goes on with the rollout from here. True if the wish came true.
 */
export async function requestOfRollout(
  environment: LocalEnvironment,
  requestBy: (by: string) => RolloutRequest,
  breakGlass?: string,
): Promise<boolean> {
  const request = requestBy(currentUser());
  const last = await lastRollout(environment);
  if (!last || isFinished(last.rollout)) {
    throw new RolloutError('NOTHING_TO_DO', 'no rollout is under way in this environment', {
      next:
        request.kind === 'abort-requested'
          ? 'to leave a promoted release: npx nx run deploy:rollback'
          : 'start one: npx nx run deploy:canary',
    });
  }
  const overruled =
    request.kind === 'promote-requested'
      ? await recordRefusal(environment, () => passFrozen(environment, { breakGlass }))
      : [];
  const problem = await environment.audit.tryAppend(
    {
      kind: 'requested',
      rollout: last.rollout.id,
      request: request.kind === 'promote-requested' ? 'promote' : 'abort',
      reason: request.kind === 'abort-requested' ? request.reason : request.full ? 'in full' : '',
      overruled,
    },
    request.by,
    systemClock.now(),
  );
  if (problem) printLine(problem);
  const holder = await currentHolder(environment.path('lease'));
  if (holder) {
    await new FileInbox(inboxFolder(environment, holder.fence)).put(request, systemClock.now());
    printLine(`asked ${holder.by} (process ${holder.process.pid}), who is at work on it`);
    return true;
  }
  const lease = await FileLease.acquire(
    environment.path('lease'),
    { by: currentUser(), purpose: 'a rollout' },
    systemClock,
  );
  try {
    const journal = await openJournal({ environment, lease }, last.rollout.id);
    await journal.append({
      atMs: systemClock.now(),
      fence: lease.fence,
      entry: { kind: 'event', event: request },
    });
    const running = await environment.up(printLine);
    const view = progressView(process.stdout);
    const result = await resumeRollout(
      { environment, running, lease, view },
      decide(last.rollout, request),
    );
    resultLines(result).forEach(printLine);
    const wished = request.kind === 'abort-requested' ? 'rolled-back' : 'promoted';
    return result.rollout.phase.kind === wished;
  } finally {
    await lease.release();
  }
}
