import { summarise } from '@prompt-card/rollout';
import type { ArmLog } from '../rollout/rollout-log.ts';
import { formatMs, formatPercent } from './figures.ts';

export const ARM_HEADINGS = [
  'revision',
  'asked',
  'measured',
  'requests',
  'errors',
  'p50 ms',
  'p95 ms',
  'p99 ms',
] as const;

/** The figures of one revision, one cell per heading. */
export function armRow(arm: ArmLog): readonly string[] {
  const { requests, errors, p50Ms, p95Ms, p99Ms } = summarise(arm.counts);
  return [
    `${arm.service} ${arm.revisionId}`,
    `${arm.weight} %`,
    formatPercent(arm.measuredShare),
    String(requests),
    String(errors),
    formatMs(p50Ms),
    formatMs(p95Ms),
    formatMs(p99Ms),
  ];
}
