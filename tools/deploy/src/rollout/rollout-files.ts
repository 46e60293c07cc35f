import path from 'node:path';
import { type JournalContent, listRollouts, readJournal } from '@prompt-card/local';
import { type Rollout, replay } from '@prompt-card/rollout';
import type { LocalEnvironment } from '../environment/local-environment.ts';

/** A rollout as its journal has it. */
export interface RecordedRollout {
  readonly rollout: Rollout;
  readonly content: JournalContent;
}

export function journalFile(environment: LocalEnvironment, id: string): string {
  return path.join(environment.rolloutFolder(id), 'journal.jsonl');
}

/** Where requests to the controller that holds this lease are put: nobody else takes them for its own. */
export function inboxFolder(environment: LocalEnvironment, fence: number): string {
  return environment.path('inbox', String(fence));
}

/** The newest rollout that got as far as its first record. */
export async function lastRollout(
  environment: LocalEnvironment,
): Promise<RecordedRollout | undefined> {
  const ids = await listRollouts(environment.path('rollouts'));
  for (const id of [...ids].reverse()) {
    const content = await readJournal(journalFile(environment, id));
    if (content && content.records.length > 0) return { rollout: replay(content.records), content };
  }
  return undefined;
}

/** Never used before, whatever became of the rollouts that used the others. */
export async function nextRolloutNumber(environment: LocalEnvironment): Promise<number> {
  return 1 + (await newestRolloutNumber(environment));
}

/** 0 where there has been none. */
export async function newestRolloutNumber(environment: LocalEnvironment): Promise<number> {
  const ids = await listRollouts(environment.path('rollouts'));
  return Number(ids.at(-1) ?? 0);
}
