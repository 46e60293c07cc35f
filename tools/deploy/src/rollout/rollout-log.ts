import {
  type ArmStatus,
  NO_TRAFFIC,
  type Progress,
  type Rollout,
  type Step,
  type TrafficCounts,
  type Verdict,
  countsSince,
  describeStep,
} from '@prompt-card/rollout';

/** One step as it went. Times are milliseconds since the epoch. */
export interface StepLogEntry {
  readonly step: Step;
  readonly text: string;
  readonly startedAtMs: number;
  readonly finishedAtMs?: number;
  readonly verdict?: Verdict;
}

/** One revision's part of the traffic while the rollout ran. */
export interface ArmLog {
  readonly service: string;
  readonly revisionId: string;
  /** Percent that the router is asked to send. */
  readonly weight: number;
  /** Percent of the service's requests in the last look's interval; `undefined` before any. */
  readonly measuredShare: number | undefined;
  /** Since the rollout began. */
  readonly counts: TrafficCounts;
}

/** What has happened so far, for a live view and for the report. */
export interface RolloutLog {
  readonly rollout: Rollout;
  readonly startedAtMs: number;
  readonly steps: readonly StepLogEntry[];
  readonly arms: readonly ArmLog[];
  /** What the step under way says of itself. */
  readonly note: string | undefined;
}

interface Baseline {
  readonly atStart: TrafficCounts;
  readonly atWeight: TrafficCounts;
}

/** Builds the log of a rollout from its progress. */
export class RolloutLogbook {
  #rollout: Rollout;
  readonly #startedAtMs: number;
  readonly #steps: StepLogEntry[] = [];
  readonly #baselines = new Map<string, Baseline>();
  readonly #arms = new Map<string, readonly ArmStatus[]>();
  #note: string | undefined;

  constructor(rollout: Rollout, startedAtMs: number) {
    this.#rollout = rollout;
    this.#startedAtMs = startedAtMs;
  }

  /** The counters as they stand before the rollout; what was counted earlier is not its doing. */
  begin(service: string, arms: readonly ArmStatus[]): void {
    for (const { revisionId, counts } of arms) {
      this.#baselines.set(`${service}/${revisionId}`, { atStart: counts, atWeight: counts });
    }
    this.#arms.set(service, arms);
  }

  add(progress: Progress, nowMs: number): void {
    this.#rollout = progress.rollout;
    switch (progress.kind) {
      case 'step-started':
        this.#steps.push({
          step: progress.step,
          text: describeStep(progress.step),
          startedAtMs: nowMs,
        });
        if (progress.step.kind === 'set-weight')
          this.#restartShares(progress.step.revision.service);
        this.#note = undefined;
        break;
      case 'look':
        if (progress.look.arms) this.look(serviceOf(progress.step), progress.look.arms);
        this.#note = progress.look.note;
        break;
      case 'step-finished': {
        const entry = this.#steps.pop();
        if (entry) this.#steps.push({ ...entry, finishedAtMs: nowMs, verdict: progress.verdict });
        break;
      }
      case 'phase-changed':
        break;
    }
  }

  look(service: string | undefined, arms: readonly ArmStatus[]): void {
    if (service !== undefined) this.#arms.set(service, arms);
  }

  get log(): RolloutLog {
    return {
      rollout: this.#rollout,
      startedAtMs: this.#startedAtMs,
      steps: this.#steps,
      arms: [...this.#arms].flatMap(([service, arms]) => this.#armLogs(service, arms)),
      note: this.#note,
    };
  }

  #armLogs(service: string, arms: readonly ArmStatus[]): readonly ArmLog[] {
    const own = arms.map((arm) => {
      const { atStart, atWeight } = this.#baseline(service, arm.revisionId);
      return {
        arm,
        counts: countsSince(arm.counts, atStart),
        recent: countsSince(arm.counts, atWeight).requests,
      };
    });
    const total = own.reduce((sum, { recent }) => sum + recent, 0);
    return own.map(({ arm, counts, recent }) => ({
      service,
      revisionId: arm.revisionId,
      weight: arm.weight,
      measuredShare: total === 0 ? undefined : (100 * recent) / total,
      counts,
    }));
  }

  /** A share is measured on requests that came after the last change of the weights. */
  #restartShares(service: string): void {
    for (const { revisionId, counts } of this.#arms.get(service) ?? []) {
      const { atStart } = this.#baseline(service, revisionId);
      this.#baselines.set(`${service}/${revisionId}`, { atStart, atWeight: counts });
    }
  }

  #baseline(service: string, revisionId: string): Baseline {
    return (
      this.#baselines.get(`${service}/${revisionId}`) ?? {
        atStart: NO_TRAFFIC,
        atWeight: NO_TRAFFIC,
      }
    );
  }
}

function serviceOf(step: Step): string | undefined {
  return step.kind === 'pause' ? undefined : step.revision.service;
}
