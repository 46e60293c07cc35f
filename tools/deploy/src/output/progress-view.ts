import { styleText } from 'node:util';
import type { Progress } from '@prompt-card/rollout';
import type { RolloutLog } from '../rollout/rollout-log.ts';
import { ARM_HEADINGS, armRow } from './arm-rows.ts';
import { formatDuration } from './figures.ts';
import { type Palette, liveFrame } from './live-frame.ts';
import { describeOutcome } from './outcome.ts';
import { alignColumns } from './table.ts';

/** Shows a rollout while it runs. */
export interface ProgressView {
  update(progress: Progress, log: RolloutLog, nowMs: number): void;
  /** Leaves the last picture where it is. */
  close(log: RolloutLog, nowMs: number): void;
}

/** A picture that is redrawn on a terminal, plain lines anywhere else. */
export function progressView(stream: NodeJS.WriteStream): ProgressView {
  return stream.isTTY ? liveView(stream) : plainView(stream);
}

/** One line per step, written once it is over: for logs. */
export function plainView(stream: NodeJS.WritableStream): ProgressView {
  return {
    update(progress, log) {
      if (progress.kind === 'step-finished') {
        const entry = log.steps.at(-1);
        const took =
          entry?.finishedAtMs === undefined
            ? ''
            : ` (${formatDuration(entry.finishedAtMs - entry.startedAtMs)})`;
        const { outcome, reason } = progress.verdict;
        stream.write(
          `${outcome === 'pass' ? 'ok  ' : outcome}  ${entry?.text ?? ''}${took}${reason && ` – ${reason}`}\n`,
        );
      }
      if (progress.kind === 'phase-changed') stream.write(`${describeOutcome(log.rollout)}\n`);
    },
    close(log) {
      if (log.arms.length === 0) return;
      const rows = alignColumns([ARM_HEADINGS, ...log.arms.map(armRow)]);
      stream.write(`\n${rows.join('\n')}\n`);
    },
  };
}

const MIN_REDRAW_MS = 100;

function liveView(stream: NodeJS.WriteStream): ProgressView {
  let drawn = 0;
  let drawnAtMs = 0;
  const draw = (log: RolloutLog, nowMs: number) => {
    const size = { rows: stream.rows || 24, columns: stream.columns || 80 };
    const frame = liveFrame(log, nowMs, size, terminalPalette());
    const up = drawn > 0 ? `\u001b[${drawn}A` : '';
    stream.write(`${up}\u001b[J${frame.join('\n')}\n`);
    drawn = frame.length;
    drawnAtMs = nowMs;
  };
  return {
    update(progress, log, nowMs) {
      if (progress.kind !== 'look' || nowMs - drawnAtMs >= MIN_REDRAW_MS) draw(log, nowMs);
    },
    close: draw,
  };
}

function terminalPalette(): Palette {
  const style = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    process.env['NO_COLOR'] ? text : styleText(format, text);
  return {
    good: style('green'),
    bad: style('red'),
    busy: style('cyan'),
    quiet: style('dim'),
    strong: style('bold'),
  };
}
