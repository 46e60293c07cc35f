import type { Controller } from './controller.ts';
import * as faults from './fault.ts';
import { JudgedRollout } from './judged-rollout.ts';
import { ArgoRollout } from './peers/argo.ts';
import { FlaggerRollout } from './peers/flagger.ts';
import { KayentaRollout } from './peers/kayenta.ts';
import { SeedRollout } from './peers/seed.ts';
import { Random } from './random.ts';
import { runRollout, type RolloutResult } from './rollout.ts';
import { World } from './world.ts';

export const METHODS = ['judge', 'seed', 'kayenta', 'flagger', 'argo'] as const;
export type Method = (typeof METHODS)[number];

/** One cell of the benchmark: many seeds of one world under one method. Plain data, for worker threads. */
export interface Experiment {
  readonly group: 'healthy' | 'sessions' | 'margin' | 'speed' | 'failures' | 'faults';
  readonly method: Method;
  readonly rate: number;
  readonly fault: string;
  readonly seeds: number;
  readonly horizonSeconds: number;
  /** `speed` only: the canary's share, for ever. */
  readonly weight?: number;
  readonly hasGuard?: boolean;
}

const ALL_FAULTS = [faults.NONE, ...faults.FAULTS, ...faults.AT_MARGIN];

export function faultNamed(name: string): faults.Fault {
  const fault = ALL_FAULTS.find((candidate) => candidate.name === name);
  if (!fault) throw new Error(`no fault is called ${name}`);
  return fault;
}

const WATCH_SECONDS = 60;

/** One seed. The same world seed serves every method, so their differences are not luck. */
export function runSeed(experiment: Experiment, seed: number): RolloutResult {
  const { group, rate, horizonSeconds } = experiment;
  const fault = faultNamed(experiment.fault);
  const isCalm = group === 'speed';
  const world = new World(
    { rate, fault, isCalm, hasSessions: group === 'sessions' },
    new Random(20_260_101, rate, ALL_FAULTS.indexOf(fault), seed),
  );
  return runRollout(world, controllerOf(experiment), horizonSeconds, group === 'faults');
}

function controllerOf(experiment: Experiment): Controller {
  const { group, weight, method, hasGuard = true } = experiment;
  switch (method) {
    case 'judge':
      if (group === 'speed') {
        return new JudgedRollout({
          feed: 'stream',
          isFixedWeight: true,
          watchSeconds: WATCH_SECONDS,
          judge: { stages: [{ weight: weight ?? 0.05 }], policy: { warmUpMs: 0 } },
        });
      }
      return new JudgedRollout({
        // At a decision per second and per outcome alike the bets are the same; batches are quicker.
        feed: group === 'healthy' || group === 'margin' ? 'batch' : 'stream',
        isSessions: group === 'sessions',
        hasGuard,
      });
    case 'seed':
      return new SeedRollout();
    case 'kayenta':
      return new KayentaRollout();
    case 'flagger':
      return new FlaggerRollout();
    case 'argo':
      return new ArgoRollout();
  }
}

/** Every cell. `scale` 1 is the full benchmark; a small one is for every push. */
export function allExperiments(scale: number): readonly Experiment[] {
  const seeds = (full: number, least = 20) => Math.max(least, Math.round(full * scale));
  const judge = { method: 'judge' } as const;
  const none = faults.NONE.name;
  const long = 4 * 3600;
  const healthy = [1, 10, 100, 1000].map((rate): Experiment => ({
    ...judge,
    group: 'healthy',
    rate,
    fault: none,
    seeds: seeds(2000, rate === 1000 ? 15 : 60),
    horizonSeconds: long,
  }));
  const sessions = [1, 10, 100, 1000].map((rate): Experiment => ({
    ...judge,
    group: 'sessions',
    rate,
    fault: none,
    seeds: seeds(2000, 40),
    horizonSeconds: long,
    // At 1000/s the guard's half hour is 1.8 million outcomes a seed; the rollout itself is what is new.
    hasGuard: rate < 1000,
  }));
  const margin = [10, 100].flatMap((rate) =>
    faults.AT_MARGIN.map(({ name }): Experiment => ({
      ...judge,
      group: 'margin',
      rate,
      fault: name,
      seeds: seeds(2000, 40),
      horizonSeconds: long,
      hasGuard: false,
    })),
  );
  const speed = SPEED_CASES.map(([fault, weight]): Experiment => ({
    ...judge,
    group: 'speed',
    rate: 100,
    fault: fault.name,
    weight,
    seeds: seeds(2000, 200),
    horizonSeconds: 3600,
  }));
  const failures = [1, 10, 100, 1000].map((rate): Experiment => ({
    ...judge,
    group: 'failures',
    rate,
    fault: faults.ERRORS_50.name,
    seeds: seeds(2000, 100),
    horizonSeconds: 1800,
  }));
  const blast = METHODS.flatMap((method) =>
    [faults.NONE, ...faults.FAULTS].map(({ name }): Experiment => ({
      group: 'faults',
      method,
      rate: 100,
      fault: name,
      seeds: seeds(400, 20),
      horizonSeconds: 1800,
    })),
  );
  const peersHealthy = METHODS.filter((method) => method !== 'judge').flatMap((method) =>
    [1, 10, 1000].map((rate): Experiment => ({
      group: 'faults',
      method,
      rate,
      fault: none,
      seeds: seeds(rate === 1000 ? 100 : 200, rate === 1000 ? 5 : 10),
      horizonSeconds: 1800,
    })),
  );
  // The long cells first, so that the threads end together.
  return [
    ...healthy,
    ...sessions,
    ...margin,
    ...peersHealthy,
    ...blast,
    ...speed,
    ...failures,
  ].sort((a, b) => b.rate * b.seeds - a.rate * a.seeds);
}

/** Faults at fixed weights, for the comparison with the bound. */
export const SPEED_CASES: readonly (readonly [faults.Fault, number])[] = [
  [faults.ERRORS_HALF_PERCENT, 0.05],
  [faults.ERRORS_1, 0.05],
  [faults.ERRORS_5, 0.05],
  [faults.BUSINESS, 0.05],
  [faults.ERRORS_HALF_PERCENT, 0.5],
  [faults.ERRORS_1, 0.5],
  [faults.ERRORS_5, 0.5],
  [faults.SLOW_20, 0.05],
  [faults.TAIL, 0.05],
];

export const SPEED_WATCH_SECONDS = WATCH_SECONDS;
