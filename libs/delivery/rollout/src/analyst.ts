import { type Limits, brokenLimit, judgeWindow } from './limits.ts';
import type { Step } from './step.ts';
import type { TrafficCounts } from './traffic-counts.ts';
import type { Verdict } from './verdict.ts';

export type AnalyseStep = Extract<Step, { kind: 'analyse' }>;

/** What has been measured since the analysis step began. */
export interface AnalysisReading {
  readonly step: AnalyseStep;
  readonly elapsedMs: number;
  readonly revision: TrafficCounts;
  readonly counterpart: TrafficCounts;
}

/** Judges a revision by readings that come while its analysis lasts. */
export interface Analyst {
  /** The verdict, or `undefined` to go on watching. */
  judge(reading: AnalysisReading): Verdict | undefined;
}

/** Fixed windows and fixed limits: harm ends the window at once, anything else is judged at its end. */
export function fixedAnalyst(limits: Limits): Analyst {
  return {
    judge({ step, elapsedMs, revision, counterpart }) {
      return elapsedMs < step.window.durationMs
        ? brokenLimit(limits, revision, counterpart)
        : judgeWindow(limits, step.window.minSamples, revision, counterpart);
    },
  };
}
