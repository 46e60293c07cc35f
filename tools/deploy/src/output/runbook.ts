import type { StepKind, Verdict } from '@prompt-card/rollout';

/** What can be wrong with a rollout, as docs/deployment/runbook.md has it: one heading each. */
export const RUNBOOK = [
  'paused',
  'blocked',
  'interrupted',
  'locked',
  'overtaken',
  'drift',
  'contracting-migration',
  'failed-migration',
  'frozen',
  'not-healthy',
  'wrong-share',
  'broken-limit',
  'no-traffic',
  'does-not-drain',
  'failed-hook',
  'damaged-journal',
  'no-room-for-the-journal',
  'nothing-serves',
] as const;

export type RunbookEntry = (typeof RUNBOOK)[number];

/** Where a person reads on. */
export function runbookLink(entry: RunbookEntry): string {
  return `docs/deployment/runbook.md#${entry}`;
}

/** The entry for an error; other codes are explained where they are listed. */
export const RUNBOOK_OF_CODE: Readonly<Partial<Record<string, RunbookEntry>>> = {
  ENVIRONMENT_LOCKED: 'locked',
  LEASE_LOST: 'overtaken',
  FENCE_STALE: 'overtaken',
  JOURNAL_CORRUPT: 'damaged-journal',
  JOURNAL_NOT_WRITTEN: 'no-room-for-the-journal',
  DRIFT: 'drift',
  MIGRATION_CONTRACTS: 'contracting-migration',
  MIGRATION_FAILED: 'failed-migration',
  FROZEN: 'frozen',
  LOAD_BALANCER_FAILED: 'nothing-serves',
  LOAD_BALANCER_UNREACHABLE: 'nothing-serves',
};

/** The entry for a step that has failed. */
const RUNBOOK_OF_STEP: Readonly<Record<StepKind, RunbookEntry | undefined>> = {
  migrate: 'failed-migration',
  deploy: 'not-healthy',
  'await-healthy': 'not-healthy',
  'smoke-test': 'not-healthy',
  'set-weight': 'wrong-share',
  analyse: 'broken-limit',
  drain: 'does-not-drain',
  pause: undefined,
  promote: undefined,
  retire: undefined,
};

/** The entry for what a step came to; `undefined` where it passed, or where there is nothing to say. */
export function runbookOfVerdict(
  kind: StepKind,
  { outcome, reason }: Verdict,
): RunbookEntry | undefined {
  if (outcome === 'pass') return undefined;
  if (reason.startsWith('hook ')) return 'failed-hook';
  return outcome === 'no-data' ? 'no-traffic' : RUNBOOK_OF_STEP[kind];
}
