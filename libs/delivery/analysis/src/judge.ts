import { AnalysisError } from './analysis-error.ts';
import { decide, type Facts } from './decide.ts';
import type { Decision } from './decision.ts';
import type { Difference } from './difference.ts';
import type { HardLimit } from './hard-limit.ts';
import { Harm, type HarmStanding, type HarmState } from './harm.ts';
import {
  checkOptions,
  deadlineOf,
  DEFAULT_DWELL_MS,
  DEFAULT_GUARD,
  policyOf,
  type GuardPlan,
  type JudgeOptions,
} from './judge-options.ts';
import type { Judge } from './judge-port.ts';
import { latencyBin, type LatencyCounts } from './latency-bins.ts';
import { Ledger, type LedgerState } from './ledger.ts';
import type { Arm, IntervalCounts, Outcome } from './outcome.ts';
import type { JudgePolicy } from './policy.ts';
import { Promotion, type PromotionStanding, type PromotionState } from './promotion.ts';
import { checkedInterval } from './checked-interval.ts';
import { SeenSessions, type SeenSessionsState } from './seen-sessions.ts';

/** Before the canary gets traffic, in a stage of the plan, or after promotion. */
export type Phase = 'watching' | 'stage' | 'guard';

/** Everything a live view or a report shows; computed on demand. */
export interface JudgeStatus {
  readonly phase: Phase;
  /** Index into the plan's stages; -1 before the first. */
  readonly stage: number;
  readonly weight: number;
  readonly atMs: number;
  readonly requests: Readonly<Record<Arm, number>>;
  readonly harm: {
    readonly evidence: number;
    readonly required: number;
    readonly metrics: readonly HarmStanding[];
  };
  readonly promotion: readonly PromotionStanding[];
  readonly differences: readonly Difference[];
  /** e-value against the split that was asked for, and where it voids the proof. */
  readonly split: { readonly evidence: number; readonly required: number };
  /** Outcomes and intervals that could not be read, and were not bet on. */
  readonly ignored: number;
}

/** A judge as plain JSON: a controller that was killed goes on from here. */
export interface JudgeSnapshot {
  readonly version: 1;
  readonly options: JudgeOptions;
  readonly course: Course;
  readonly harm: HarmState;
  readonly promotion: PromotionState;
  readonly ledger: LedgerState;
  readonly sessions: SeenSessionsState;
}

/** Where the rollout stands; the small part of the state. */
interface Course {
  phase: Phase;
  stage: number;
  weight: number;
  /** Whole second being counted; null before the first outcome. */
  second: number | null;
  nowMs: number;
  firstSecond: number;
  /** Of either arm; the start of the rollout before the first. */
  lastOutcomeMs: number;
  phaseStartedMs: number;
  /** Latency of outcomes before this is only learnt from. */
  warmUntilMs: number;
  harmed: string | null;
  brokenLimit: HardLimit | null;
  isSplitBroken: boolean;
  ignored: number;
}

/** The margins are frozen after this much watching. */
const MEASURE_SECONDS = 10;
const MEASURE_REQUESTS = 100;
const MEASURE_LONGEST_SECONDS = 60;
/** Nothing is promoted that has answered fewer requests. */
const LEAST_CANARY_REQUESTS = 10;

/**
 * The canary judge. Feed it outcomes (or both arms' counts per interval) as they happen and ask for a
 * {@link Decision} as often as you like: its false-alarm rate holds for ever, not per look.
 *
 * A rollout is `startStage` for each stage of the plan in turn, then `startGuard`; before the first
 * stage the judge only watches the baseline. Time is an argument everywhere, in milliseconds; a tick is a
 * whole second, and what a second teaches shapes only the bets of later ones. Nothing but building and
 * restoring throws: hostile input is counted as ignored and never bet on.
 */
export class CanaryJudge implements Judge {
  readonly #options: JudgeOptions;
  readonly #policy: JudgePolicy;
  readonly #guard: GuardPlan;
  readonly #harm: Harm;
  readonly #promotion: Promotion;
  readonly #ledger: Ledger;
  readonly #sessions = new SeenSessions();
  readonly #furtherNames: readonly string[];
  readonly #harmRequired: number;
  #course: Course;

  constructor(options: JudgeOptions) {
    checkOptions(options);
    this.#options = options;
    this.#policy = policyOf(options);
    this.#guard = { ...DEFAULT_GUARD, ...options.guard };
    this.#harm = new Harm(this.#policy);
    this.#promotion = new Promotion(
      this.#policy,
      options.stages.map(({ weight }) => weight),
      this.#harm.latency.reference,
    );
    this.#furtherNames = this.#policy.further.map(({ name }) => name);
    this.#ledger = new Ledger(
      ['errors', 'business', ...this.#furtherNames],
      options.limits ?? [],
      options.allocation === 'reported',
    );
    this.#harmRequired = 1 / this.#policy.alpha;
    this.#course = {
      phase: 'watching',
      stage: -1,
      weight: 0,
      second: null,
      nowMs: 0,
      firstSecond: 0,
      lastOutcomeMs: 0,
      phaseStartedMs: 0,
      warmUntilMs: Infinity,
      harmed: null,
      brokenLimit: null,
      isSplitBroken: false,
      ignored: 0,
    };
  }

  /** The canary now gets the next stage's weight, or that of the given stage. */
  startStage({ atMs, stage }: { readonly atMs: number; readonly stage?: number }): void {
    const last = this.#options.stages.length - 1;
    const next = Math.min(last, Math.max(0, Math.trunc(stage ?? this.#course.stage + 1) || 0));
    this.#enter('stage', this.#options.stages[next]?.weight ?? 0, atMs);
    if (this.#course.stage < 0)
      this.#course.warmUntilMs = this.#course.nowMs + this.#policy.warmUpMs;
    this.#course.stage = next;
    this.#promotion.startStage(next);
    if (this.#options.traffic) this.#promotion.freeze(this.#options.traffic);
  }

  /** The canary was promoted; the guard's small rest stays on the old revision. */
  startGuard({ atMs }: { readonly atMs: number }): void {
    this.#enter('guard', this.#guard.weight, atMs);
  }

  #enter(phase: Phase, weight: number, atMs: number): void {
    this.#advance(atMs);
    if (this.#course.phase === 'watching') this.#course.lastOutcomeMs = this.#course.nowMs;
    this.#course.phase = phase;
    this.#course.weight = weight;
    this.#course.phaseStartedMs = this.#course.nowMs;
    this.#ledger.startRollout();
  }

  /** One outcome. Constant memory, time proportional to the number of experts. */
  observe(outcome: Outcome): void {
    if (!isObject(outcome)) {
      this.#course.ignored++;
      return;
    }
    const { arm, ok } = outcome;
    const weight = outcome.weight ?? this.#course.weight;
    if ((arm !== 'canary' && arm !== 'baseline') || typeof ok !== 'boolean' || !isShare(weight)) {
      this.#course.ignored++;
      return;
    }
    this.#advance(outcome.atMs);
    this.#course.lastOutcomeMs = this.#course.nowMs;
    if (typeof outcome.session === 'string' && this.#options.unit !== 'request') {
      if (!this.#sessions.isFirst(outcome.session)) return;
    }
    this.#observeRate(0, arm, ok, weight);
    if (outcome.latencyMs !== undefined) this.#observeLatency(arm, outcome.latencyMs, weight);
    if (typeof outcome.business === 'boolean') this.#observeRate(1, arm, outcome.business, weight);
    if (outcome.further) {
      this.#furtherNames.forEach((name, i) => {
        const isGood = outcome.further?.[name];
        if (typeof isGood === 'boolean') this.#observeRate(2 + i, arm, isGood, weight);
      });
    }
    this.#latchHarm();
  }

  #observeRate(index: number, arm: Arm, isGood: boolean, weight: number): void {
    this.#harm.rates[index]?.observe(arm, isGood, weight);
    this.#countRate(index, arm, isGood ? 0 : 1, 1, weight);
  }

  #observeLatency(arm: Arm, latencyMs: number, weight: number): void {
    const bin = latencyBin(latencyMs);
    if (bin < 0) {
      this.#course.ignored++;
      return;
    }
    this.#harm.latency.observe(arm, bin, weight, this.#isWarm());
    this.#countLatency(arm, bin, 1, weight);
  }

  /**
   * Both arms' counts over an interval: the same as their outcomes one by one, if none crosses a
   * second. Coarser intervals lose resolution, not validity.
   */
  observeInterval(interval: IntervalCounts): void {
    const checked = isObject(interval) && checkedInterval(interval, this.#furtherNames);
    const weight = interval?.weight ?? this.#course.weight;
    if (!checked || !isShare(weight)) {
      this.#course.ignored++;
      return;
    }
    this.#advance(checked.atMs);
    this.#course.ignored += checked.ignored;
    checked.rates.forEach((rate, index) => {
      if (!rate || rate.canary.total + rate.baseline.total === 0) return;
      if (index === 0) this.#course.lastOutcomeMs = this.#course.nowMs;
      this.#harm.rates[index]?.observeCounts(rate.canary, rate.baseline, weight);
      this.#countRate(index, 'baseline', rate.baseline.failures, rate.baseline.total, weight);
      this.#countRate(index, 'canary', rate.canary.failures, rate.canary.total, weight);
    });
    if (checked.latency) {
      const { baseline, canary } = checked.latency;
      this.#harm.latency.observeCounts(canary, baseline, weight, this.#isWarm());
      this.#countLatencies('baseline', baseline, weight);
      this.#countLatencies('canary', canary, weight);
    }
    this.#latchHarm();
  }

  /** A request was sent to an arm; only with `allocation: 'reported'`. */
  routed(arm: Arm, count: number, weight: number = this.#course.weight): void {
    if (this.#options.allocation !== 'reported') return;
    const isRead = isShare(weight) && typeof count === 'number' && count >= 0 && count < Infinity;
    if ((arm === 'canary' || arm === 'baseline') && isRead) {
      this.#ledger.addRouted(arm, count, weight);
    } else this.#course.ignored++;
  }

  #countRate(index: number, arm: Arm, failures: number, total: number, weight: number): void {
    this.#promotion.addRate(index, arm, failures, total, weight);
    this.#ledger.addRate(index, arm, failures, total, weight);
  }

  #countLatencies(arm: Arm, latency: LatencyCounts, weight: number): void {
    for (let i = 0; i < latency.bins.length; i++) {
      this.#countLatency(arm, latency.bins[i] as number, latency.counts[i] as number, weight);
    }
  }

  #countLatency(arm: Arm, bin: number, count: number, weight: number): void {
    const isWarm = this.#isWarm();
    if (isWarm) this.#promotion.addLatency(arm, bin, count, weight);
    this.#ledger.addLatency(arm, bin, count, isWarm, weight);
  }

  #isWarm(): boolean {
    // By whole seconds, so that a batch and its outcomes one by one agree.
    return 1000 * (this.#course.second ?? 0) >= this.#course.warmUntilMs;
  }

  /** Time passes, with or without outcomes. A clock that goes back is taken to stand still. */
  tick(atMs: number): void {
    this.#advance(atMs);
  }

  #advance(atMs: number): void {
    const course = this.#course;
    if (!Number.isFinite(atMs)) return;
    const second = Math.floor(atMs / 1000);
    if (course.second === null) {
      course.second = course.firstSecond = second;
      course.nowMs = atMs;
      return;
    }
    if (atMs > course.nowMs) course.nowMs = atMs;
    if (second <= course.second) return;
    const seconds = second - course.second;
    course.second = second;
    this.#endSecond(seconds);
  }

  #endSecond(seconds: number): void {
    const course = this.#course;
    this.#harm.tick(seconds);
    this.#promotion.tick(seconds);
    if (course.phase === 'watching') return;
    if (!this.#promotion.isFrozen) this.#freezeWhenMeasured();
    const { splitEvidence, brokenLimit } = this.#ledger;
    if (splitEvidence >= 1 / this.#policy.sampleRatioAlpha) course.isSplitBroken = true;
    if (brokenLimit) course.brokenLimit ??= brokenLimit;
    this.#ledger.tick(seconds);
  }

  #freezeWhenMeasured(): void {
    const { second, firstSecond } = this.#course;
    const seconds = (second ?? 0) - firstSecond;
    const isMeasured =
      (seconds >= MEASURE_SECONDS && this.#ledger.requestsSeen >= MEASURE_REQUESTS) ||
      seconds >= MEASURE_LONGEST_SECONDS;
    if (isMeasured) this.#promotion.freeze(this.#ledger.traffic(seconds));
  }

  #latchHarm(): void {
    const course = this.#course;
    if (course.phase === 'watching' || course.harmed !== null) return;
    if (this.#harm.evidence >= this.#harmRequired) course.harmed = this.#harm.leading();
  }

  /** True once the evidence of harm sufficed: cheap enough to ask after every outcome. */
  get isHarmed(): boolean {
    return this.#course.harmed !== null;
  }

  /** What to do now. Cheap while the answer is `continue`; asking changes nothing. */
  decision(): Decision {
    return decide(this.#facts());
  }

  #facts(): Facts {
    const course = this.#course;
    const { stages } = this.#options;
    const plan = stages[course.stage];
    return {
      phase: course.phase,
      stage: course.stage,
      stages: stages.length,
      weight: course.weight,
      nextWeight: stages[course.stage + 1]?.weight ?? 1,
      guard: this.#guard,
      elapsedMs: course.nowMs - course.phaseStartedMs,
      dwellMs: plan?.dwellMs ?? DEFAULT_DWELL_MS,
      deadlineMs: deadlineOf(stages, course.stage),
      onDeadline: this.#options.onDeadline ?? 'hold',
      silentMs: course.nowMs - course.lastOutcomeMs,
      gapMs: this.#policy.gapMs,
      requests: this.#ledger.requests(),
      leastCanaryRequests: LEAST_CANARY_REQUESTS,
      harmed: course.harmed ?? undefined,
      harm: { evidence: this.#harm.evidence, required: this.#harmRequired },
      brokenLimit: course.brokenLimit ?? undefined,
      isSplitBroken: course.isSplitBroken,
      isFrozen: this.#promotion.isFrozen,
      standings: () => this.#promotion.standings(Math.max(0, course.stage)),
      difference: (metric) => this.#difference(metric),
    };
  }

  #difference(metric: string): Difference | undefined {
    return this.#ledger.difference(metric, this.#policy.intervalAlpha);
  }

  status(): JudgeStatus {
    const { phase, stage, weight, nowMs, ignored } = this.#course;
    return {
      phase,
      stage,
      weight,
      atMs: nowMs,
      requests: this.#ledger.requests(),
      harm: {
        evidence: this.#harm.evidence,
        required: this.#harmRequired,
        metrics: this.#harm.standings(),
      },
      promotion: phase === 'stage' ? this.#promotion.standings(stage) : [],
      differences: ['errors', 'latency', 'business', ...this.#furtherNames].flatMap(
        (metric) => this.#difference(metric) ?? [],
      ),
      split: { evidence: this.#ledger.splitEvidence, required: 1 / this.#policy.sampleRatioAlpha },
      ignored,
    };
  }

  snapshot(): JudgeSnapshot {
    return {
      version: 1,
      options: this.#options,
      // JSON has no infinity: a canary that never started is never warm.
      course: {
        ...this.#course,
        warmUntilMs: Math.min(Number.MAX_VALUE, this.#course.warmUntilMs),
      },
      harm: this.#harm.save(),
      promotion: this.#promotion.save(),
      ledger: this.#ledger.save(),
      sessions: this.#sessions.save(),
    };
  }

  /** The judge that took the snapshot, as it was. */
  static restore(snapshot: JudgeSnapshot): CanaryJudge {
    const refuse = (cause?: unknown) =>
      new AnalysisError('SNAPSHOT_INVALID', 'the snapshot is not one of this judge', {
        cause,
        next: 'roll back: the evidence so far is lost, so a rollout cannot go on from here',
      });
    if (snapshot?.version !== 1) throw refuse();
    const judge = new CanaryJudge(snapshot.options);
    try {
      judge.#load(snapshot);
    } catch (cause) {
      throw refuse(cause);
    }
    return judge;
  }

  #load(snapshot: JudgeSnapshot): void {
    this.#course = { ...snapshot.course };
    this.#harm.load(snapshot.harm);
    this.#promotion.load(snapshot.promotion, snapshot.course.stage);
    this.#ledger.load(snapshot.ledger);
    this.#sessions.load(snapshot.sessions);
  }
}

/** What comes over a wire may be anything, whatever the types say. */
function isShare(weight: number): boolean {
  return typeof weight === 'number' && weight >= 0 && weight <= 1;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
