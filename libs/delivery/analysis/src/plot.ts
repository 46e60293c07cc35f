import { sayNumber, sayShare } from './sentence.ts';

/** One moment of a rollout, as a controller collects it from outcomes and {@link JudgeStatus}. */
export interface PlotPoint {
  readonly atMs: number;
  /** The canary's share of the traffic. */
  readonly weight: number;
  /** The shown metric per arm over the time since the last point; null without outcomes. */
  readonly baseline: number | null;
  readonly canary: number | null;
  /** Evidence of harm over what a roll back needs. */
  readonly harm: number;
  /** The weakest promotion test's evidence over what it needs; null when none runs (guard). */
  readonly promotion: number | null;
}

/** A vertical line with a word: a stage, the decision. */
export interface PlotMark {
  readonly atMs: number;
  readonly label: string;
  readonly kind: 'stage' | 'rollback' | 'promote' | 'hold' | 'fault';
}

export interface Plot {
  readonly title: string;
  /** What the upper panel shows, for example "failed requests". */
  readonly metric: string;
  readonly unit: 'share' | 'ms';
  readonly points: readonly PlotPoint[];
  readonly marks: readonly PlotMark[];
}

const WIDTH = 760;
const LEFT = 64;
const RIGHT = 640;
const METRIC = { top: 62, bottom: 182 };
const EVIDENCE = { top: 258, bottom: 398 };
const HEIGHT = 432;
/** Rows for the marks' words, between the panels. */
const ROWS = 3;
const CHARACTER_WIDTH = 7;
/** Evidence is drawn from a ten-thousandth to ten times what is needed. */
const LEAST_LOG = -4;
const MOST_LOG = 1;

/** Names and colours are local to the class, so that many plots can share a page. */
const STYLE = `
.rollout-plot{--ink:#1f2328;--faint:#59636e;--grid:#d1d9e0;--paper:#fff;--canary:#b35900;--baseline:#0757a8;--harm:#c1121f;--promotion:#1a7f37;font:12px system-ui,sans-serif}
@media (prefers-color-scheme:dark){.rollout-plot{--ink:#e6edf3;--faint:#9aa4af;--grid:#3d444d;--paper:#0d1117;--canary:#ffab5c;--baseline:#79b8ff;--harm:#ff8078;--promotion:#56d364}}
.rollout-plot .paper{fill:var(--paper)}
.rollout-plot text{fill:var(--ink)}
.rollout-plot .title{font-size:15px;font-weight:600}
.rollout-plot .faint{fill:var(--faint)}
.rollout-plot .grid{stroke:var(--grid);fill:none}
.rollout-plot .needed{stroke:var(--ink);stroke-width:1.2;fill:none}
.rollout-plot .line{fill:none;stroke-width:1.8;stroke-linejoin:round}
.rollout-plot .canary{stroke:var(--canary)} .rollout-plot text.canary{stroke:none;fill:var(--canary);font-weight:600}
.rollout-plot .baseline{stroke:var(--baseline)} .rollout-plot text.baseline{stroke:none;fill:var(--baseline);font-weight:600}
.rollout-plot .harm{stroke:var(--harm)} .rollout-plot text.harm{stroke:none;fill:var(--harm);font-weight:600}
.rollout-plot .promotion{stroke:var(--promotion)} .rollout-plot text.promotion{stroke:none;fill:var(--promotion);font-weight:600}
.rollout-plot .mark{stroke:var(--faint);stroke-dasharray:3 3} .rollout-plot .decision{stroke:var(--ink);stroke-width:1.6}
`.trim();

/**
 * An SVG of a rollout: the metric of both arms above, the evidence for either decision below, on one time
 * axis. Every line carries its name at its end; colours follow the reader's light or dark scheme.
 */
export function renderPlot(plot: Plot): string {
  const { points } = plot;
  const times = [...points, ...plot.marks].map(({ atMs }) => atMs);
  const first = times.length > 0 ? Math.min(...times) : 0;
  const last = Math.max(first + 1000, ...times);
  const x = (atMs: number) => LEFT + ((RIGHT - LEFT) * (atMs - first)) / (last - first);
  return [
    `<svg class="rollout-plot" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(plot.title)}">`,
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="${WIDTH}" height="${HEIGHT}"/>`,
    `<text class="title" x="12" y="22">${escape(plot.title)}</text>`,
    ...timeAxis(first, last, x),
    ...metricPanel(plot, x),
    ...evidencePanel(plot, x),
    ...drawMarks(plot.marks, x),
    '</svg>',
  ].join('\n');
}

type Scale = (value: number) => number;

function timeAxis(first: number, last: number, x: Scale): string[] {
  const step = 1000 * (TIME_STEPS.find((seconds) => 7000 * seconds >= last - first) ?? 7200);
  const ticks: string[] = [];
  for (let at = 0; at <= last - first; at += step) {
    const position = round(x(first + at));
    ticks.push(
      `<path class="grid" d="M${position} ${METRIC.top}V${METRIC.bottom}M${position} ${EVIDENCE.top}V${EVIDENCE.bottom}"/>`,
      `<text class="faint" x="${position}" y="${EVIDENCE.bottom + 18}" text-anchor="middle">${sayTick(at / 1000)}</text>`,
    );
  }
  return ticks;
}

function metricPanel(plot: Plot, x: Scale): string[] {
  const values = plot.points.flatMap(({ baseline, canary }) =>
    [baseline, canary].filter((value): value is number => value !== null),
  );
  const most = Math.max(1e-6, ...values) * 1.08;
  const y: Scale = (value) => METRIC.bottom - ((METRIC.bottom - METRIC.top) * value) / most;
  const step = niceStep(most / 3);
  const grid: string[] = [];
  for (let value = 0; value <= most; value += step) {
    const say = plot.unit === 'share' ? sayShare(value) : `${sayNumber(value)} ms`;
    grid.push(...gridLine(y(value), say));
  }
  const series = (['baseline', 'canary'] as const).map((arm) => ({
    name: arm === 'canary' ? 'canary' : 'stable revision',
    css: arm,
    points: plot.points.map((point) => [point.atMs, point[arm]] as const),
  }));
  return [
    `<text class="faint" x="12" y="${METRIC.top - 8}">${escape(plot.metric)}</text>`,
    ...grid,
    ...drawSeries(series, x, y, METRIC),
  ];
}

function evidencePanel(plot: Plot, x: Scale): string[] {
  const { top, bottom } = EVIDENCE;
  const y: Scale = (ratio) => {
    const log = Math.min(MOST_LOG, Math.max(LEAST_LOG, Math.log10(Math.max(1e-12, ratio))));
    return bottom - ((bottom - top) * (log - LEAST_LOG)) / (MOST_LOG - LEAST_LOG);
  };
  const grid = [-3, -2, -1].flatMap((log) => gridLine(y(10 ** log), `1/${10 ** -log}`));
  const series = [
    {
      name: 'for a roll back',
      css: 'harm',
      points: plot.points.map(({ atMs, harm }) => [atMs, harm] as const),
    },
    {
      name: 'for promotion',
      css: 'promotion',
      points: plot.points.map(({ atMs, promotion }) => [atMs, promotion] as const),
    },
  ];
  return [
    `<text class="faint" x="12" y="${top - 10}">evidence, as a part of what is needed</text>`,
    ...grid,
    `<path class="needed" d="M${LEFT} ${round(y(1))}H${RIGHT}"/>`,
    `<text x="${LEFT - 6}" y="${round(y(1) + 4)}" text-anchor="end">enough</text>`,
    ...drawSeries(series, x, y, EVIDENCE),
  ];
}

function gridLine(y: number, label: string): string[] {
  return [
    `<path class="grid" d="M${LEFT} ${round(y)}H${RIGHT}"/>`,
    `<text class="faint" x="${LEFT - 6}" y="${round(y + 4)}" text-anchor="end">${label}</text>`,
  ];
}

interface Series {
  readonly name: string;
  readonly css: string;
  readonly points: readonly (readonly [number, number | null])[];
}

/** Lines with their names at the right end, pushed apart where they would overlap. */
function drawSeries(
  series: readonly Series[],
  x: Scale,
  y: Scale,
  panel: { readonly top: number; readonly bottom: number },
): string[] {
  const drawn = series.map(({ name, css, points }) => {
    let path = '';
    let end: readonly [number, number] | undefined;
    let isOpen = false;
    for (const [atMs, value] of points) {
      if (value === null || Number.isNaN(value)) {
        isOpen = false;
        continue;
      }
      end = [x(atMs), y(value)];
      path += `${isOpen ? 'L' : 'M'}${round(end[0])} ${round(end[1])}`;
      isOpen = true;
    }
    return { name, css, path, end };
  });
  const labels = drawn
    .flatMap(({ name, css, end }) => (end ? [{ name, css, y: end[1] + 4 }] : []))
    .sort((a, b) => a.y - b.y);
  labels.forEach((label, i) => {
    const above = labels[i - 1];
    if (above && label.y - above.y < 15) label.y = above.y + 15;
  });
  const over = (labels[labels.length - 1]?.y ?? 0) - panel.bottom;
  if (over > 0) for (const label of labels) label.y -= over;
  return [
    ...drawn.map(({ css, path }) => `<path class="line ${css}" d="${path}"/>`),
    ...labels.map(
      (label) =>
        `<text class="${label.css}" x="${RIGHT + 8}" y="${round(label.y)}">${label.name}</text>`,
    ),
  ];
}

/** Each mark's words stand in the first row that has room for them. */
function drawMarks(marks: readonly PlotMark[], x: Scale): string[] {
  const taken = Array.from({ length: ROWS }, () => -Infinity);
  return marks.flatMap(({ atMs, label, kind }) => {
    const at = x(atMs);
    const width = CHARACTER_WIDTH * label.length;
    const from = Math.min(at + 4, WIDTH - width);
    const row = Math.max(
      0,
      taken.findIndex((end) => end + CHARACTER_WIDTH < from),
    );
    taken[row] = from + width;
    const css = kind === 'stage' || kind === 'fault' ? 'mark' : 'decision';
    return [
      `<path class="${css}" d="M${round(at)} ${METRIC.top}V${EVIDENCE.bottom}"/>`,
      `<text x="${round(from)}" y="${METRIC.bottom + 17 + 15 * row}">${escape(label)}</text>`,
    ];
  });
}

const TIME_STEPS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600];

/** "40 s", "2:30", "15 min": ticks are exact, so nothing is rounded. */
function sayTick(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const [minutes, rest] = [Math.floor(seconds / 60), Math.round(seconds % 60)];
  return rest === 0 ? `${minutes} min` : `${minutes}:${String(rest).padStart(2, '0')}`;
}

function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1e-9)));
  return power * ([1, 2, 5, 10].find((step) => step * power >= least) ?? 10);
}

function round(value: number): number {
  return Math.round(10 * value) / 10;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => ENTITIES[sign] ?? sign);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};
