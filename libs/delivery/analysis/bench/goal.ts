import { mean, quantile, share, upperBound, type Figure } from './estimate.ts';
import { allExperiments, faultNamed, type Experiment } from './experiment.ts';
import { informationPerRequest } from './information.ts';
import type { RolloutResult } from './rollout.ts';

/** A cell of the benchmark with its seeds' results. */
export interface Cell {
  readonly experiment: Experiment;
  readonly results: readonly RolloutResult[];
}

/** One line of the goals table. */
export interface Goal {
  readonly group: string;
  readonly name: string;
  readonly target: string;
  readonly figure: Figure;
  readonly unit: string;
  readonly seeds: number;
  readonly isReached: boolean;
  /** Missed by more than the figure's own interval allows: what a short run may fail on. */
  readonly isSurelyMissed: boolean;
}

type Find = (group: Experiment['group'], rate: number, fault?: string, weight?: number) => Cell;

/** Every goal, from the cells of a run and the measured cost per request. */
export function allGoals(cells: readonly Cell[], costNs: readonly number[]): readonly Goal[] {
  const find: Find = (group, rate, fault = 'none', weight) => {
    const cell = cells.find(
      ({ experiment: e }) =>
        e.method === 'judge' &&
        e.group === group &&
        e.rate === rate &&
        e.fault === fault &&
        e.weight === weight,
    );
    if (!cell) throw new Error(`no cell ${group} ${rate} ${fault}`);
    return cell;
  };
  return [
    ...falseAlarms(find),
    ...atMargin(find),
    ...speed(find),
    ...blast(cells),
    ...failures(find),
    ...healthySpeed(find),
    leak(find),
    // The quickest round is the one least disturbed by other work; the interval reaches to the median.
    atMost(
      'cost',
      'processor time per outcome, all metrics, quickest round',
      { value: Math.min(...costNs), low: Math.min(...costNs), high: quantile(costNs, 0.5).value },
      300,
      'ns',
      costNs.length,
    ),
  ];
}

function falseAlarms(find: Find): readonly Goal[] {
  return (['healthy', 'sessions'] as const).flatMap((group) =>
    [1, 10, 100, 1000].map((rate) => {
      const { results } = find(group, rate);
      const hits = results.filter(({ outcome }) => outcome === 'rolled-back').length;
      const bursts = group === 'sessions' ? ', bursts of one session' : '';
      return boundedShare(
        'false roll backs',
        `healthy at ${rate} req/s${bursts}`,
        hits,
        results.length,
      );
    }),
  );
}

function atMargin(find: Find): readonly Goal[] {
  const margin = allExperiments(1).filter(({ group }) => group === 'margin');
  return margin.map(({ rate, fault }) => {
    const { results } = find('margin', rate, fault);
    const hits = results.filter(({ promotedAt }) => promotedAt !== undefined).length;
    return boundedShare('wrong promotions', `${fault}, ${rate} req/s`, hits, results.length);
  });
}

/** Reached when even the upper bound keeps the target; surely missed when even the lower one does not. */
function boundedShare(group: string, name: string, hits: number, total: number): Goal {
  const figure = share(hits, total);
  const bound = upperBound(hits, total);
  return {
    group,
    name,
    target: '≤ 1 % (95 % upper bound)',
    figure: scaled({ value: figure.value, low: figure.low, high: bound }, 100),
    unit: '%',
    seeds: total,
    isReached: bound <= 0.01,
    isSurelyMissed: figure.low > 0.01,
  };
}

const SPEED_TARGETS: readonly (readonly [string, number, number])[] = [
  ['errors 0.5 %', 0.05, 1.6],
  ['errors 1 %', 0.05, 1.6],
  ['business 99→95 %', 0.05, 1.6],
  ['errors 5 %', 0.05, 1.75],
  ['errors 0.5 %', 0.5, 1.5],
  ['errors 1 %', 0.5, 1.5],
  ['errors 5 %', 0.5, 1.5],
  ['latency +20 %', 0.05, 2],
  ['2 % at 3×p99', 0.05, 3.2],
];

/** ln(1/α)/I: the fewest requests to a roll back that any test of level α = .01 can do with on average. */
export function leastRequests(fault: string, weight: number): number {
  return Math.log(100) / informationPerRequest(faultNamed(fault), weight);
}

function speed(find: Find): readonly Goal[] {
  return SPEED_TARGETS.map(([fault, weight, target]) => {
    const { results } = find('speed', 100, fault, weight);
    const bound = leastRequests(fault, weight);
    const figure = mean(results.map(({ requests }) => requests / bound));
    const name = `${fault} at w = ${100 * weight} %, over the bound of ${Math.round(bound)} requests`;
    return atMost('requests to roll back', name, figure, target, '×', results.length);
  });
}

const BLAST_TARGETS: readonly (readonly [string, number])[] = [
  ['errors 0.5 %', 15],
  ['errors 1 %', 15],
  ['errors 5 %', 15],
  ['errors 50 %', 15],
  ['latency +20 %', 100],
  ['2 % at 3×p99', 3],
];

function blast(cells: readonly Cell[]): readonly Goal[] {
  return BLAST_TARGETS.map(([fault, target]) => {
    const blastOf = (method: string) => {
      const cell = cells.find(
        ({ experiment: e }) =>
          e.group === 'faults' && e.method === method && e.rate === 100 && e.fault === fault,
      );
      return cell?.results.map((result) => result.blast) ?? [];
    };
    const judge = blastOf('judge');
    const seed = blastOf('seed');
    return atLeast(
      'harm, seed ÷ judge',
      `${fault}, 100 req/s`,
      ratioOfMeans(seed, judge),
      target,
      judge.length,
    );
  });
}

/** Ratio of means with a delta-method interval; the seeds' worlds are shared, which only narrows it. */
function ratioOfMeans(top: readonly number[], bottom: readonly number[]): Figure {
  const [t, b] = [mean(top), mean(bottom)];
  const value = t.value / b.value;
  const spread = Math.hypot((t.high - t.value) / t.value, (b.high - b.value) / b.value);
  return { value, low: value * Math.exp(-spread), high: value * Math.exp(spread) };
}

function failures(find: Find): readonly Goal[] {
  return [1, 10, 100, 1000].map((rate) => {
    const { results } = find('failures', rate, 'errors 50 %');
    const figure = mean(results.map(({ canaryFailures }) => canaryFailures));
    return atMost(
      'canary failures to roll back',
      `errors 50 %, ${rate} req/s`,
      figure,
      3,
      '',
      results.length,
    );
  });
}

function healthySpeed(find: Find): readonly Goal[] {
  const seconds = (rate: number) =>
    // A rollout that was held or rolled back took for ever: leaving it out would flatter.
    find('healthy', rate).results.map(({ promotedAt }) => promotedAt ?? Infinity);
  const line = (rate: number, q: number, target: number) =>
    atMost(
      'healthy rollout',
      `${q === 0.5 ? 'median' : 'p95'} at ${rate} req/s`,
      quantile(seconds(rate), q),
      target,
      's',
      find('healthy', rate).results.length,
    );
  return [line(1000, 0.5, 60), line(100, 0.5, 240), line(10, 0.5, 1800), line(100, 0.95, 600)];
}

function leak(find: Find): Goal {
  const { results } = find('faults', 100, 'leak');
  const hits = results.filter(({ outcome }) => outcome === 'rolled-back').length;
  const figure = scaled(share(hits, results.length), 100);
  return {
    group: 'leak',
    name: 'rolled back within 30 min, 100 req/s',
    target: '100 %',
    figure,
    unit: '%',
    seeds: results.length,
    isReached: hits === results.length,
    isSurelyMissed: hits < results.length,
  };
}

function atMost(
  group: string,
  name: string,
  figure: Figure,
  target: number,
  unit: string,
  seeds: number,
): Goal {
  return {
    group,
    name,
    target: `≤ ${target}${unit && ` ${unit}`}`,
    figure,
    unit,
    seeds,
    isReached: figure.value <= target,
    isSurelyMissed: figure.low > target,
  };
}

function atLeast(group: string, name: string, figure: Figure, target: number, seeds: number): Goal {
  return {
    group,
    name,
    target: `≥ ${target} ×`,
    figure,
    unit: '×',
    seeds,
    isReached: figure.value >= target,
    isSurelyMissed: figure.high < target,
  };
}

function scaled({ value, low, high }: Figure, by: number): Figure {
  return { value: by * value, low: by * low, high: by * high };
}
