import { currentUser, systemClock } from '@prompt-card/local';
import { RolloutError, type RolloutErrorCode } from '@prompt-card/rollout';
import type { LocalEnvironment } from '../environment/local-environment.ts';

/** Refusals that somebody may want to know of later. */
const RECORDED: readonly RolloutErrorCode[] = ['FROZEN', 'DRIFT', 'MIGRATION_CONTRACTS'];

/** Does the work; what refuses it goes into the audit log. */
export async function recordRefusal<T>(
  environment: LocalEnvironment,
  work: () => T | Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RolloutError && RECORDED.includes(error.code)) {
      await environment.audit.append(
        { kind: 'refused', code: error.code, reason: error.message },
        currentUser(),
        systemClock.now(),
      );
    }
    throw error;
  }
}
