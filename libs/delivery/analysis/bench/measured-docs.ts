import { METHODS } from './experiment.ts';
import type { Goal } from './goal.ts';
import type { ReportData } from './report.ts';

const BEGIN = '<!-- measured:begin -->';
const END = '<!-- measured:end -->';

/** The document with its figures replaced by those of a run. */
export function withMeasured(document: string, data: ReportData): string {
  const [from, to] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`docs/judge.md has lost its ${BEGIN} marks`);
  const measured = [summary(data), goals(data.goals), falseAlarms(data)].join('\n\n');
  return `${document.slice(0, from + BEGIN.length)}\n\n${measured}\n\n${document.slice(to)}`;
}

function summary({ goals, scale, node, seconds }: ReportData): string {
  const reached = goals.filter(({ isReached }) => isReached).length;
  const seeds = scale === 1 ? 'the full number of seeds' : `${scale} of the full number of seeds`;
  return `${reached} of ${goals.length} goals reached, with ${seeds} (Node ${node}, ${seconds} s).`;
}

function goals(all: readonly Goal[]): string {
  return table([
    ['goal', 'case', 'target', 'measured', '95 % interval', 'seeds', ''],
    ...all.map(({ group, name, target, figure, unit, seeds, isReached }) => [
      group,
      name,
      target,
      `${say(figure.value)}${unit && ` ${unit}`}`,
      `${say(figure.low)} to ${say(figure.high)}`,
      String(seeds),
      isReached ? 'reached' : '**missed**',
    ]),
  ]);
}

function falseAlarms({ cells }: ReportData): string {
  const rates = [1, 10, 100, 1000];
  const rows = METHODS.map((method) => [
    method,
    ...rates.map((rate) => {
      const cell = cells.find(
        ({ experiment: e }) =>
          e.method === method &&
          e.rate === rate &&
          e.fault === 'none' &&
          e.group === (method === 'judge' ? 'healthy' : 'faults'),
      );
      return cell ? `${say(100 * cell.rolledBack.value)} %` : '';
    }),
  ]);
  return `Healthy releases rolled back, by method:\n\n${table([['', ...rates.map((rate) => `${rate} req/s`)], ...rows])}`;
}

function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  return [head, head.map(() => '---'), ...body].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function say(value: number): string {
  return Number.isFinite(value) ? Number(value.toPrecision(3)).toString() : '∞';
}
