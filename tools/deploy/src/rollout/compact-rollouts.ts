import { rm } from 'node:fs/promises';
import { listRollouts, readIfPresent, readJournal, writeDurably } from '@prompt-card/local';
import { RolloutError, replay } from '@prompt-card/rollout';
import type { LocalEnvironment } from '../environment/local-environment.ts';
import { journalFile } from './rollout-files.ts';

/** So many rollouts keep their journal and report; of older ones a line remains. */
export const MAX_JOURNALS = 50;

/** What is remembered of a rollout whose journal is gone. Times are milliseconds since the epoch. */
export interface RolloutSummary {
  readonly id: string;
  readonly strategy: string;
  readonly phase: string;
  readonly reason: string;
  readonly by: string;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  /** `backend r7`, one for each service that changed. */
  readonly candidates: readonly string[];
}

/**
 * Replaces the journals beyond the newest `keep` by one line each in `rollouts/older.json`. The lines are
 * written before anything is removed, so that whoever is killed in between leaves work and no gap.
 */
export async function compactRollouts(
  environment: LocalEnvironment,
  keep: number = MAX_JOURNALS,
): Promise<void> {
  const ids = await listRollouts(environment.path('rollouts'));
  const old = ids.slice(0, Math.max(0, ids.length - keep));
  if (old.length === 0) return;
  const known = await readOlderRollouts(environment);
  const fresh = await Promise.all(
    old
      .filter((id) => !known.some((summary) => summary.id === id))
      .map((id) => summarise(environment, id)),
  );
  await writeDurably(
    environment.path('rollouts', 'older.json'),
    `${JSON.stringify([...known, ...fresh.flat()], undefined, 1)}\n`,
  );
  for (const id of old) await rm(environment.rolloutFolder(id), { recursive: true, force: true });
}

/** The rollouts that have been compacted, oldest first. */
export async function readOlderRollouts(
  environment: LocalEnvironment,
): Promise<readonly RolloutSummary[]> {
  const text = await readIfPresent(environment.path('rollouts', 'older.json'));
  return text === undefined ? [] : (JSON.parse(text) as readonly RolloutSummary[]);
}

/** None for a rollout that died before its first record: nothing had happened. */
async function summarise(
  environment: LocalEnvironment,
  id: string,
): Promise<readonly RolloutSummary[]> {
  try {
    const content = await readJournal(journalFile(environment, id));
    const first = content?.records[0];
    if (!content || first?.entry.kind !== 'started') return [];
    const { plan, phase, reason } = replay(content.records);
    return [
      {
        id,
        strategy: plan.strategy,
        phase: phase.kind,
        reason: 'reason' in phase ? phase.reason : reason,
        by: first.entry.by,
        startedAtMs: first.atMs,
        finishedAtMs: content.records.at(-1)?.atMs ?? first.atMs,
        candidates: plan.release.map(({ candidate }) => `${candidate.service} ${candidate.id}`),
      },
    ];
  } catch (error) {
    if (!(error instanceof RolloutError) || error.code !== 'JOURNAL_CORRUPT') throw error;
    return [{ ...UNREADABLE, id, reason: error.message }];
  }
}

const UNREADABLE: Omit<RolloutSummary, 'id' | 'reason'> = {
  strategy: 'unknown',
  phase: 'unreadable',
  by: 'unknown',
  startedAtMs: 0,
  finishedAtMs: 0,
  candidates: [],
};
