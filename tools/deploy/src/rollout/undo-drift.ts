import { type ReleaseSet, RolloutError, isFinished, rollbackPlan } from '@prompt-card/rollout';
import { planTimes } from '../environment/plan-settings.ts';
import { describeOutcome, nextMoves } from '../output/outcome.ts';
import { readServices } from '../preflight/read-drift.ts';
import { nextRolloutNumber } from './rollout-files.ts';
import { type SessionOptions, type SessionResult, beginRollout } from './rollout-session.ts';

/**
 * Goes back to what the record says, as any rollback does: the stable revision gets all requests before a
 * stranger is drained and stopped. `undefined` where no stranger runs.
 */
export async function undoDrift(
  session: SessionOptions,
  overruled: readonly string[],
): Promise<SessionResult | undefined> {
  const { environment, running } = session;
  const release: ReleaseSet = (await readServices(environment, running)).flatMap(
    ({ stable, strangers }) =>
      stable ? strangers.map((candidate) => ({ stable, candidate, migrates: false })) : [],
  );
  if (release.length === 0) return undefined;
  const times = planTimes(environment.file);
  const result = await beginRollout(
    session,
    {
      id: String(await nextRolloutNumber(environment)),
      plan: rollbackPlan(release, times),
      times,
      onInconclusive: 'pause',
      reason: 'back to what is recorded',
    },
    overruled,
  );
  if (isFinished(result.rollout)) return result;
  throw new RolloutError('ROLLOUT_UNFINISHED', describeOutcome(result.rollout), {
    next: nextMoves(result.rollout).join('; '),
  });
}
