import { renderPlot, type PlotMark, type PlotPoint } from '../src/index.ts';
import { BUSINESS, ERRORS_1, LEAK, NONE, SLOW_20, type Fault } from './fault.ts';
import { JudgedRollout } from './judged-rollout.ts';
import { Random } from './random.ts';
import { Tally } from './tally.ts';
import { World } from './world.ts';
import { Minute } from './peers/minute.ts';

/** A drawn rollout. */
export interface Trace {
  readonly name: string;
  readonly svg: string;
}

type Metric = 'errors' | 'latency' | 'business';

const LABELS: Readonly<Record<Metric, string>> = {
  errors: 'failed requests',
  latency: 'mean answer time',
  business: 'failed runs',
};

/** One rollout per kind of fault, seed chosen beforehand and not for looks. */
export function allTraces(): readonly Trace[] {
  return [
    trace('A healthy canary', NONE, 'errors', 10),
    trace('Errors rise from 0.1 % to 1 %', ERRORS_1, 'errors', 3),
    trace('Every answer takes 20 % longer', SLOW_20, 'latency', 3),
    trace('Runs succeed 95 % instead of 99 % of the time', BUSINESS, 'business', 10),
    trace('A leak that grows over half an hour', LEAK, 'latency', 15),
  ];
}

function trace(name: string, fault: Fault, metric: Metric, everySeconds: number): Trace {
  const world = new World({ rate: 100, fault }, new Random(11));
  const rollout = new JudgedRollout({ feed: 'stream' });
  const tally = new Tally();
  const points: PlotPoint[] = [];
  const marks: PlotMark[] = [{ atMs: 0, label: '5 %', kind: 'stage' }];
  let [baseline, canary] = [new Minute(), new Minute()];
  for (let at = 0; at < 1800 && !rollout.isDone; at++) {
    const weight = rollout.weight;
    const second = world.next(weight, at);
    tally.count(second);
    baseline.add(tally.baseline);
    canary.add(tally.canary);
    rollout.read(second, at);
    const atMs = 1000 * (at + 1);
    if (rollout.weight !== weight && !rollout.isDone) marks.push(markOf(rollout, atMs));
    if ((at + 1) % everySeconds !== 0 && !rollout.isDone) continue;
    const status = rollout.judge.status();
    const binding = status.promotion.filter(({ isBinding }) => isBinding);
    points.push({
      atMs,
      weight,
      baseline: read(baseline, metric),
      canary: read(canary, metric),
      harm: status.harm.evidence / status.harm.required,
      promotion: binding.length
        ? Math.min(...binding.map(({ evidence, required }) => evidence / required))
        : null,
    });
    [baseline, canary] = [new Minute(), new Minute()];
  }
  const decision = rollout.judge.decision();
  if (decision.action === 'rollback') {
    marks.push({
      atMs: points[points.length - 1]?.atMs ?? 0,
      label: 'rolled back',
      kind: 'rollback',
    });
  }
  const unit = metric === 'latency' ? 'ms' : 'share';
  const title = `${name} (100 requests/s)`;
  return { name, svg: renderPlot({ title, metric: LABELS[metric], unit, points, marks }) };
}

function markOf(rollout: JudgedRollout, atMs: number): PlotMark {
  const isPromoted = rollout.outcome === 'promoted';
  const share = `${Math.round(100 * rollout.weight)} %`;
  return {
    atMs,
    label: isPromoted ? `promoted: ${share}` : share,
    kind: isPromoted ? 'promote' : 'stage',
  };
}

function read(minute: Minute, metric: Metric): number | null {
  const point = minute.take();
  const value = {
    errors: point.errorRate,
    latency: point.meanMs,
    business: point.businessFailureRate,
  }[metric];
  return Number.isNaN(value) ? null : value;
}
