import type { RolloutLog, StepLogEntry } from '../rollout/rollout-log.ts';
import { ARM_HEADINGS, armRow } from './arm-rows.ts';
import { formatDuration } from './figures.ts';
import { describeOutcome } from './outcome.ts';
import { alignColumns } from './table.ts';

/** How a frame is coloured; identity functions leave it plain. */
export interface Palette {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly busy: (text: string) => string;
  readonly quiet: (text: string) => string;
  readonly strong: (text: string) => string;
}

/** One picture of a rollout, at most `rows` lines of at most `columns` characters. */
export function liveFrame(
  log: RolloutLog,
  nowMs: number,
  size: { readonly rows: number; readonly columns: number },
  palette: Palette,
): readonly string[] {
  const arms = alignColumns([ARM_HEADINGS, ...log.arms.map(armRow)]);
  const upcoming = log.rollout.steps.length - log.rollout.cursor - 1;
  const tail = [
    ...(upcoming > 0 ? [`  ${upcoming} more steps`] : []),
    '',
    ...arms.map((line) => `  ${line}`),
  ];
  const roomForSteps = Math.max(3, size.rows - tail.length - 4);
  const steps = log.steps.slice(-roomForSteps);
  const cut = (text: string) =>
    text.length > size.columns ? `${text.slice(0, size.columns - 1)}…` : text;
  return [
    palette.strong(
      cut(`${describeOutcome(log.rollout)} · ${formatDuration(nowMs - log.startedAtMs)}`),
    ),
    '',
    ...steps.map((entry) => stepLine(entry, log, nowMs, palette, cut)),
    ...tail.map((line) => palette.quiet(cut(line))),
  ];
}

function stepLine(
  entry: StepLogEntry,
  log: RolloutLog,
  nowMs: number,
  palette: Palette,
  cut: (text: string) => string,
): string {
  const took = formatDuration((entry.finishedAtMs ?? nowMs) - entry.startedAtMs);
  if (!entry.verdict) {
    return palette.busy(cut(`  ▶ ${entry.text}, ${took}${log.note ? ` – ${log.note}` : ''}`));
  }
  const evidence = entry.verdict.reason ? ` – ${entry.verdict.reason}` : '';
  return entry.verdict.outcome === 'pass'
    ? `${palette.good('  ✔')} ${cut(`${entry.text}${evidence} (${took})`)}`
    : `${palette.bad('  ✘')} ${cut(`${entry.text}: ${entry.verdict.outcome}${evidence} (${took})`)}`;
}
