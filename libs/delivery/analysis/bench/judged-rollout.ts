import { binLatencyMs, CanaryJudge, type JudgeOptions } from '../src/index.ts';
import type { Controller } from './controller.ts';
import { Tally } from './tally.ts';
import type { Second } from './world.ts';

/** How the judge is driven. */
export interface JudgedRolloutOptions {
  readonly judge?: Partial<JudgeOptions>;
  /** Outcome by outcome, or one batch a second. */
  readonly feed: 'stream' | 'batch';
  /** Ends at promotion, without the guard. */
  readonly hasGuard?: boolean;
  /** Only the first weight, for ever: to measure a test alone. */
  readonly isFixedWeight?: boolean;
  readonly isSessions?: boolean;
  /** Seconds in which the baseline alone is watched before the canary starts. */
  readonly watchSeconds?: number;
}

export const STAGES = [{ weight: 0.05 }, { weight: 0.25 }, { weight: 0.5 }] as const;
const SECOND_MS = 1000;

/** Our judge at the wheel: stages by evidence, then the guard. */
export class JudgedRollout implements Controller {
  readonly judge: CanaryJudge;
  readonly #options: JudgedRolloutOptions;
  readonly #tally = new Tally();
  readonly #stages: readonly { readonly weight: number }[];
  #stage = 0;
  outcome: Controller['outcome'] = 'running';
  weight: number;
  isDone = false;
  /** The second in which the last stage passed, for rollouts that did. */
  promotedAt: number | undefined;
  faultMetric: string | undefined;

  constructor(options: JudgedRolloutOptions) {
    this.#options = options;
    this.#stages = options.judge?.stages ?? STAGES;
    this.judge = new CanaryJudge({ stages: this.#stages, ...options.judge });
    this.weight = 0;
    this.#start(0);
  }

  #start(at: number): void {
    if (at !== (this.#options.watchSeconds ?? 0)) return;
    this.weight = this.#stages[0]?.weight ?? 0;
    this.judge.startStage({ atMs: SECOND_MS * at });
  }

  read(second: Second, at: number): number {
    const fromMs = at * SECOND_MS;
    const seen = this.#feed(second, fromMs);
    const toMs = fromMs + SECOND_MS;
    if (!this.isDone) this.judge.tick(toMs);
    if (at + 1 === this.#options.watchSeconds) this.#start(at + 1);
    if (!this.isDone) this.#act(toMs, at + 1);
    return seen;
  }

  #feed(second: Second, fromMs: number): number {
    if (this.#options.feed === 'batch') {
      const { baseline, canary } = this.#tally.count(second);
      const toMs = fromMs + SECOND_MS;
      this.judge.observeInterval({
        fromMs,
        toMs,
        baseline: baseline.counts(),
        canary: canary.counts(),
      });
      this.#lookForHarm();
      return second.count;
    }
    for (let i = 0; i < second.count; i++) {
      const run = second.run[i] as number;
      this.judge.observe({
        arm: second.canary[i] === 1 ? 'canary' : 'baseline',
        ok: second.failed[i] === 0,
        latencyMs: LATENCY_OF_BIN[second.bin[i] as number] as number,
        business: run === 0 ? undefined : run === 1,
        session: this.#options.isSessions ? String(second.session[i]) : undefined,
        atMs: fromMs + (SECOND_MS * i) / second.count,
      });
      // Harm is looked for after every request.
      if (this.judge.isHarmed) {
        this.#lookForHarm();
        return i + 1;
      }
    }
    return second.count;
  }

  #lookForHarm(): void {
    if (!this.judge.isHarmed) return;
    this.#end('rolled-back');
    this.faultMetric = this.judge.decision().metric;
  }

  #end(outcome: Controller['outcome']): void {
    this.outcome = outcome;
    this.isDone = true;
    if (outcome === 'rolled-back') this.weight = 0;
  }

  #act(atMs: number, at: number): void {
    if (this.#options.isFixedWeight) return;
    const { action, isResumable } = this.judge.decision();
    switch (action) {
      case 'rollback':
        this.#end('rolled-back');
        return;
      case 'hold':
        if (!isResumable) this.#end('held');
        return;
      case 'advance':
        this.#stage++;
        this.weight = this.#stages[this.#stage]?.weight ?? 1;
        this.judge.startStage({ atMs });
        return;
      case 'promote':
        this.promotedAt = at;
        this.outcome = 'promoted';
        this.weight = this.#options.hasGuard === false ? 1 : 0.95;
        if (this.#options.hasGuard === false) this.isDone = true;
        else this.judge.startGuard({ atMs });
        return;
      case 'finish':
        this.weight = 1;
        this.isDone = true;
        return;
      case 'continue':
        return;
    }
  }
}

const LATENCY_OF_BIN = Float64Array.from({ length: 900 }, (_, bin) => binLatencyMs(bin));
