import { METHODS, type Method } from './experiment.ts';
import type { Goal } from './goal.ts';
import type { CellSummary } from './summary.ts';
import type { Trace } from './trace.ts';

export interface ReportData {
  readonly node: string;
  readonly seconds: number;
  readonly scale: number;
  readonly goals: readonly Goal[];
  readonly cells: readonly CellSummary[];
}

const STYLE = `
:root{color-scheme:light dark;--ink:#1f2328;--faint:#59636e;--grid:#d1d9e0;--paper:#fff;--good:#1a7f37;--bad:#c1121f;--judge:#0757a8;--peer:#8b949e}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--faint:#9aa4af;--grid:#3d444d;--paper:#0d1117;--good:#56d364;--bad:#ff8078;--judge:#79b8ff;--peer:#7d8590}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:64rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem} h2{font-size:1.2rem;margin-top:2.5rem} p{max-width:46rem} .faint{color:var(--faint)}
table{border-collapse:collapse;width:100%;font-size:.86rem} th{text-align:left;font-weight:600}
td,th{padding:.25rem .6rem .25rem 0;border-bottom:1px solid var(--grid);vertical-align:top} td.n{font-variant-numeric:tabular-nums;white-space:nowrap}
.good{color:var(--good);font-weight:600} .bad{color:var(--bad);font-weight:600}
figure{margin:1.5rem 0} svg{width:100%;height:auto}
.bars text{font:12px system-ui,sans-serif;fill:var(--ink)} .bars .faint{fill:var(--faint)} .bars .judge{fill:var(--judge)} .bars .peer{fill:var(--peer)} .bars .grid{stroke:var(--grid)}
`.trim();

const NAMES: Readonly<Record<Method, string>> = {
  judge: 'this judge',
  seed: 'fixed windows',
  kayenta: 'Kayenta',
  flagger: 'Flagger',
  argo: 'Argo-style',
};

/** One self-contained page. */
export function renderReport(data: ReportData, traces: readonly Trace[]): string {
  const reached = data.goals.filter(({ isReached }) => isReached).length;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Canary judge benchmark</title>
<style>${STYLE}</style>
<h1>The canary judge against its peers</h1>
<p>${reached} of ${data.goals.length} goals reached. Simulated rollouts, ${data.scale === 1 ? 'full' : `${data.scale} of the full`} number of seeds,
Node ${data.node}, ${data.seconds} s. Intervals are 95 %.</p>
<h2>What a fault costs before it is gone</h2>
<p>Requests harmed until the roll back, or over half an hour where there was none; mean of all seeds at 100 requests/s. The scale is logarithmic.</p>
${blastBars(data.cells)}
<h2>How often a healthy release is rolled back</h2>
<p>With shared incidents about once an hour. A rollout of this judge is followed for its guard's half hour, too.</p>
${falseAlarmTable(data.cells)}
<h2>How often a fault is found within half an hour</h2>
${detectionTable(data.cells)}
<h2>Rollouts, second by second</h2>
${traces.map(({ svg }) => `<figure>${svg}</figure>`).join('\n')}
<h2>Goals</h2>
${goalsTable(data.goals)}
</html>
`;
}

function cellOf(cells: readonly CellSummary[], method: Method, rate: number, fault: string) {
  const groups = method === 'judge' && fault === 'none' ? ['healthy'] : ['faults'];
  return cells.find(
    ({ experiment: e }) =>
      groups.includes(e.group) && e.method === method && e.rate === rate && e.fault === fault,
  );
}

function faultsOf(cells: readonly CellSummary[]): readonly string[] {
  return [
    ...new Set(cells.map(({ experiment: e }) => (e.group === 'faults' ? e.fault : 'none'))),
  ].filter((fault) => fault !== 'none');
}

const ORDER = [
  'errors 0.5 %',
  'errors 1 %',
  'errors 5 %',
  'errors 50 %',
  'latency +5 %',
  'latency +20 %',
  '2 % at 3×p99',
  'business 99→95 %',
  'leak',
];

const byOrder = (a: string, b: string) => ORDER.indexOf(a) - ORDER.indexOf(b);

function blastBars(cells: readonly CellSummary[]): string {
  const faults = [...faultsOf(cells)].sort(byOrder);
  const [left, right, bar, gap] = [250, 850, 13, 14];
  const most = 6;
  const x = (value: number) => left + ((right - left) * Math.log10(Math.max(1, value))) / most;
  const rows: string[] = [];
  let y = 24;
  for (const fault of faults) {
    rows.push(`<text x="0" y="${y + 10}" font-weight="600">${fault}</text>`);
    for (const method of METHODS) {
      const value = cellOf(cells, method, 100, fault)?.blast.value ?? NaN;
      const end = Math.max(left + 1, x(value));
      rows.push(
        `<text class="faint" x="${left - 8}" y="${y + 10}" text-anchor="end">${NAMES[method]}</text>`,
        `<rect class="${method === 'judge' ? 'judge' : 'peer'}" x="${left}" y="${y}" width="${(end - left).toFixed(1)}" height="${bar - 2}"/>`,
        `<text x="${(end + 5).toFixed(1)}" y="${y + 10}">${count(value)}</text>`,
      );
      y += bar;
    }
    y += gap;
  }
  const grid = Array.from({ length: most + 1 }, (_, power) => {
    const at = x(10 ** power).toFixed(1);
    return `<path class="grid" d="M${at} 16V${y - gap}"/><text class="faint" x="${at}" y="11" text-anchor="middle">${count(10 ** power)}</text>`;
  });
  return `<figure><svg class="bars" viewBox="0 0 920 ${y}" role="img" aria-label="Harmed requests by fault and method">${grid.join('')}${rows.join('\n')}</svg></figure>`;
}

function count(value: number): string {
  if (value < 10) return value.toFixed(1).replace(/\.0$/, '');
  return Math.round(value).toLocaleString('en');
}

function falseAlarmTable(cells: readonly CellSummary[]): string {
  const rates = [1, 10, 100, 1000];
  return table(
    ['', ...rates.map((rate) => `${rate} req/s`)],
    METHODS.map((method) => [
      NAMES[method],
      ...rates.map((rate) => {
        const cell = cellOf(cells, method, rate, 'none');
        return cell ? sayShare(cell.rolledBack) : '';
      }),
    ]),
  );
}

function detectionTable(cells: readonly CellSummary[]): string {
  return table(
    ['100 req/s', ...METHODS.map((method) => NAMES[method])],
    [...faultsOf(cells)].sort(byOrder).map((fault) => [
      fault,
      ...METHODS.map((method) => {
        const cell = cellOf(cells, method, 100, fault);
        if (!cell) return '';
        const after = cell.rollbackSeconds
          ? `, after ${Math.round(cell.rollbackSeconds.value)} s`
          : '';
        return `${(100 * cell.rolledBack.value).toFixed(0)} %${after}`;
      }),
    ]),
  );
}

function sayShare({ value, low, high }: { value: number; low: number; high: number }): string {
  return `${percent(value)} <span class="faint">(${percent(low)} to ${percent(high)})</span>`;
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}

function goalsTable(goals: readonly Goal[]): string {
  return table(
    ['goal', 'case', 'target', 'measured', 'interval', 'seeds', ''],
    goals.map((goal) => [
      goal.group,
      goal.name,
      goal.target,
      `${short(goal.figure.value)} ${goal.unit}`,
      `${short(goal.figure.low)} to ${short(goal.figure.high)}`,
      String(goal.seeds),
      goal.isReached
        ? '<span class="good">reached</span>'
        : `<span class="bad">missed${goal.isSurelyMissed ? '' : ', within its interval'}</span>`,
    ]),
  );
}

function short(value: number): string {
  return Number.isFinite(value) ? Number(value.toPrecision(3)).toString() : '∞';
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[], tag: string) =>
    row.map((cell, i) => `<${tag}${i > 0 ? ' class="n"' : ''}>${cell}</${tag}>`).join('');
  return `<table><tr>${cells(head, 'th')}</tr>${rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('\n')}</table>`;
}
