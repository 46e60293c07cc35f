import { formatDuration } from '../output/figures.ts';
import { alignColumns } from '../output/table.ts';
import type { AuditEntry } from './audit-entry.ts';

/** One rollout, or one that was refused, as the audit log tells it. */
export interface HistoryRow {
  /** `undefined` for what was refused: it never got a number. */
  readonly rollout: string | undefined;
  readonly at: string;
  readonly by: string;
  readonly strategy: string;
  /** `backend r5 → r6` */
  readonly release: string;
  /** The phase it is in, or the code of the refusal. */
  readonly outcome: string;
  /** Until the last thing that was written of it. */
  readonly tookMs: number;
  /** Why it was started. */
  readonly reason: string;
  /** Why it ended as it did, where that needs saying. */
  readonly detail: string;
  readonly overruled: readonly string[];
}

/** The rollouts of an environment, newest first. */
export function historyOf(entries: readonly AuditEntry[]): readonly HistoryRow[] {
  const rows: HistoryRow[] = [];
  const change = (rollout: string, apply: (row: HistoryRow) => HistoryRow) => {
    const index = rows.findIndex((row) => row.rollout === rollout);
    const row = rows[index];
    if (row) rows[index] = apply(row);
  };
  for (const entry of entries) {
    switch (entry.kind) {
      case 'started':
        rows.push({
          rollout: entry.rollout,
          at: entry.at,
          by: entry.by,
          strategy: entry.strategy,
          release: entry.release
            .map(({ service, from, to }) => `${service} ${[from, to].filter(Boolean).join(' → ')}`)
            .join(', '),
          outcome: 'unfinished',
          tookMs: 0,
          reason: entry.reason,
          detail: '',
          overruled: entry.overruled,
        });
        break;
      case 'resumed':
        change(entry.rollout, (row) => ({ ...row, outcome: 'unfinished' }));
        break;
      case 'requested':
        change(entry.rollout, (row) => ({
          ...row,
          overruled: [...row.overruled, ...entry.overruled],
        }));
        break;
      case 'outcome':
        change(entry.rollout, (row) => ({
          ...row,
          outcome: entry.phase,
          tookMs: Date.parse(entry.at) - Date.parse(row.at),
          detail: entry.reason,
        }));
        break;
      case 'refused':
        rows.push({
          rollout: undefined,
          at: entry.at,
          by: entry.by,
          strategy: '–',
          release: '–',
          outcome: entry.code,
          tookMs: 0,
          reason: '',
          detail: entry.reason,
          overruled: [],
        });
        break;
    }
  }
  return rows.reverse();
}

/** The history for a person. */
export function historyLines(rows: readonly HistoryRow[]): readonly string[] {
  if (rows.length === 0) return ['nothing has been rolled out here'];
  const columns = alignColumns([
    ['rollout', 'at', 'by', 'strategy', 'release', 'took', 'outcome'],
    ...rows.map((row) => [
      row.rollout ?? '–',
      row.at.replace(/\.\d+Z$/, 'Z'),
      row.by,
      row.strategy,
      row.release,
      formatDuration(row.tookMs),
      row.outcome,
    ]),
  ]);
  // Left-aligned and of any length, the remarks come after the columns.
  return columns.map((line, i) => [line, i === 0 ? 'why' : remarks(rows[i - 1])].join('  '));
}

function remarks(row: HistoryRow | undefined): string {
  return [row?.reason, row?.detail, ...(row?.overruled ?? []).map((what) => `overruled: ${what}`)]
    .filter(Boolean)
    .join('; ')
    .replace(/\s+/g, ' ');
}
