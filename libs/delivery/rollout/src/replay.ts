import { decide } from './decide.ts';
import { RolloutError } from './errors.ts';
import type { JournalRecord } from './ports.ts';
import { type Rollout, startRollout } from './rollout.ts';

/**
 * The rollout that a journal describes. A record under an older fence than one before it was written by a
 * controller whose lease had been taken over: it is left out.
 */
export function replay(records: readonly JournalRecord[]): Rollout {
  const [first, ...rest] = records;
  if (first?.entry.kind !== 'started') {
    throw new RolloutError('JOURNAL_CORRUPT', 'the journal does not begin with a started rollout');
  }
  let rollout = startRollout(first.entry.start);
  let fence = first.fence;
  for (const record of rest) {
    if (record.fence < fence) continue;
    fence = record.fence;
    if (record.entry.kind === 'event') rollout = decide(rollout, record.entry.event);
  }
  return rollout;
}
