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
  'no-traffic',
  'does-not-drain',
  'failed-hook',
  'damaged-journal',
  'nothing-serves',
] as const;

export type RunbookEntry = (typeof RUNBOOK)[number];

/** Where a person reads on. */
export function runbookLink(entry: RunbookEntry): string {
  return `docs/deployment/runbook.md#${entry}`;
}
