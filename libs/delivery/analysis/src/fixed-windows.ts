import { AnalysisError } from './analysis-error.ts';
import { checkedInterval } from './checked-interval.ts';
import type { Decision } from './decision.ts';
import type { Judge } from './judge-port.ts';
import { BIN_COUNT, binLatencyMs, latencyBin } from './latency-bins.ts';
import type { Arm, IntervalCounts, Outcome } from './outcome.ts';
import { sayNumber, sayShare, sayTime } from './sentence.ts';

/** One stage of a fixed plan. */
export interface FixedWindow {
  readonly weight: number;
  readonly durationMs: number;
}

/** The largest values at which a window passes; the canary alone is looked at. */
export interface FixedThresholds {
  readonly errors: number;
  readonly p99Ms: number;
  readonly business: number;
}

export interface FixedWindowOptions {
  readonly windows?: readonly FixedWindow[];
  readonly thresholds?: FixedThresholds;
}

/** Plain JSON. */
export interface FixedWindowSnapshot {
  readonly version: 1;
  readonly options: FixedWindowOptions;
  readonly course: Course;
}

interface Course {
  stage: number;
  phase: 'watching' | 'stage' | 'guard';
  startedMs: number;
  nowMs: number;
  requests: Record<Arm, number>;
  /** The canary's counts in this window. */
  window: { total: number; failures: number; runs: number; failedRuns: number };
  latency: number[];
}

export const DEFAULT_WINDOWS: readonly FixedWindow[] = [
  { weight: 0.05, durationMs: 300_000 },
  { weight: 0.25, durationMs: 600_000 },
  { weight: 0.5, durationMs: 900_000 },
];
export const DEFAULT_THRESHOLDS: FixedThresholds = { errors: 0.01, p99Ms: 500, business: 0.02 };

/**
 * The judge of fixed windows and thresholds: waits out each window, then compares the canary's averages
 * with constants. Kept for those who want it, and measured beside the other in the benchmark: it
 * cannot tell a shared incident from a bad release, nor end early.
 */
export class FixedWindowJudge implements Judge {
  readonly #options: FixedWindowOptions;
  readonly #windows: readonly FixedWindow[];
  readonly #thresholds: FixedThresholds;
  #course: Course;

  constructor(options: FixedWindowOptions = {}) {
    this.#options = options;
    this.#windows = options.windows ?? DEFAULT_WINDOWS;
    this.#thresholds = options.thresholds ?? DEFAULT_THRESHOLDS;
    if (this.#windows.length === 0) {
      throw new AnalysisError('PLAN_INVALID', 'the plan has no windows', {
        next: 'give at least one window, or none at all for the default',
      });
    }
    this.#course = {
      stage: -1,
      phase: 'watching',
      startedMs: 0,
      nowMs: 0,
      requests: { baseline: 0, canary: 0 },
      window: { total: 0, failures: 0, runs: 0, failedRuns: 0 },
      latency: Array.from({ length: BIN_COUNT }, () => 0),
    };
  }

  startStage({ atMs, stage }: { readonly atMs: number; readonly stage?: number }): void {
    this.tick(atMs);
    const course = this.#course;
    course.stage = Math.min(this.#windows.length - 1, stage ?? course.stage + 1);
    course.phase = 'stage';
    course.startedMs = course.nowMs;
    course.window = { total: 0, failures: 0, runs: 0, failedRuns: 0 };
    course.latency.fill(0);
  }

  startGuard({ atMs }: { readonly atMs: number }): void {
    this.tick(atMs);
    this.#course.phase = 'guard';
  }

  observe({ arm, ok, latencyMs, business, atMs }: Outcome): void {
    if ((arm !== 'canary' && arm !== 'baseline') || typeof ok !== 'boolean') return;
    this.tick(atMs);
    this.#course.requests[arm]++;
    if (arm !== 'canary') return;
    const { window, latency } = this.#course;
    window.total++;
    if (!ok) window.failures++;
    const bin = latencyBin(latencyMs ?? NaN);
    if (bin >= 0) latency[bin] = (latency[bin] as number) + 1;
    if (typeof business !== 'boolean') return;
    window.runs++;
    if (!business) window.failedRuns++;
  }

  observeInterval(interval: IntervalCounts): void {
    const checked = checkedInterval(interval, []);
    if (!checked) return;
    this.tick(checked.atMs);
    const [errors, business] = checked.rates;
    const { requests, window, latency } = this.#course;
    requests.baseline += errors?.baseline.total ?? 0;
    requests.canary += errors?.canary.total ?? 0;
    window.total += errors?.canary.total ?? 0;
    window.failures += errors?.canary.failures ?? 0;
    window.runs += business?.canary.total ?? 0;
    window.failedRuns += business?.canary.failures ?? 0;
    const slow = checked.latency?.canary;
    for (let i = 0; i < (slow?.bins.length ?? 0); i++) {
      const bin = slow?.bins[i] as number;
      latency[bin] = (latency[bin] as number) + (slow?.counts[i] as number);
    }
  }

  tick(atMs: number): void {
    if (Number.isFinite(atMs) && atMs > this.#course.nowMs) this.#course.nowMs = atMs;
  }

  decision(): Decision {
    const { requests } = this.#course;
    return { ...this.#answer(), requests, harm: { evidence: 0, required: 1 } };
  }

  #answer(): Omit<Decision, 'requests' | 'harm'> {
    const { phase, stage, startedMs, nowMs, window } = this.#course;
    if (phase === 'guard') {
      return {
        action: 'finish',
        verdict: 'pass',
        reason: 'guarded',
        sentence: 'Promoted; fixed windows keep no guard.',
        next: 'The old revision is retired.',
      };
    }
    const left = (this.#windows[stage]?.durationMs ?? 0) - (nowMs - startedMs);
    if (phase === 'watching' || left > 0) {
      return {
        action: 'continue',
        verdict: window.total === 0 ? 'no-data' : 'inconclusive',
        reason: phase === 'watching' ? 'not-started' : 'dwell',
        sentence: `${window.total} requests to the canary in this window.`,
        next: `The window is judged in ${sayTime(left)}.`,
      };
    }
    if (window.total === 0) {
      return {
        action: 'hold',
        verdict: 'no-data',
        reason: 'gap',
        sentence: 'The canary answered nothing in the whole window.',
        next: 'The split stays as it is and a person decides.',
      };
    }
    return this.#judged();
  }

  #judged(): Omit<Decision, 'requests' | 'harm'> {
    const { stage } = this.#course;
    const broken = this.#broken();
    if (broken) {
      return {
        action: 'rollback',
        verdict: 'fail',
        reason: 'hard-limit',
        metric: broken.metric,
        sentence: broken.sentence,
        next: 'All traffic goes back to the stable revision.',
      };
    }
    const isLast = stage === this.#windows.length - 1;
    return {
      action: isLast ? 'promote' : 'advance',
      verdict: 'pass',
      reason: 'healthy',
      sentence: `All thresholds were kept over ${sayTime(this.#windows[stage]?.durationMs ?? 0)}.`,
      next: isLast
        ? 'The canary is promoted.'
        : `The canary's share rises to ${sayShare(this.#windows[stage + 1]?.weight ?? 1)}.`,
    };
  }

  #broken(): { readonly metric: string; readonly sentence: string } | undefined {
    const { total, failures, runs, failedRuns } = this.#course.window;
    const { errors, business, p99Ms } = this.#thresholds;
    if (failures > errors * total) {
      const share = sayShare(failures / total);
      return {
        metric: 'errors',
        sentence: `${share} of the canary's requests failed; the limit is ${sayShare(errors)}.`,
      };
    }
    const p99 = this.#p99();
    if (p99 > p99Ms) {
      return {
        metric: 'latency',
        sentence: `The canary's p99 is ${sayNumber(p99)} ms; the limit is ${p99Ms} ms.`,
      };
    }
    if (failedRuns > business * runs) {
      const share = sayShare(failedRuns / runs);
      return {
        metric: 'business',
        sentence: `${share} of the canary's runs failed; the limit is ${sayShare(business)}.`,
      };
    }
    return undefined;
  }

  #p99(): number {
    const { latency } = this.#course;
    const total = latency.reduce((sum, count) => sum + count, 0);
    let below = 0;
    for (let bin = 0; bin < latency.length; bin++) {
      below += latency[bin] as number;
      if (below >= 0.99 * total && total > 0) return binLatencyMs(bin);
    }
    return 0;
  }

  snapshot(): FixedWindowSnapshot {
    return { version: 1, options: this.#options, course: structuredCopy(this.#course) };
  }

  static restore(snapshot: FixedWindowSnapshot): FixedWindowJudge {
    const judge = new FixedWindowJudge(snapshot.options);
    judge.#course = structuredCopy(snapshot.course);
    return judge;
  }
}

function structuredCopy(course: Course): Course {
  return {
    ...course,
    requests: { ...course.requests },
    window: { ...course.window },
    latency: [...course.latency],
  };
}
