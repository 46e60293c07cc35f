import { type Rollout, type RolloutStart, canaryPlan, startRollout } from '@prompt-card/rollout';
import { SAMPLE_CANARY, SAMPLE_TIMES, sampleChange } from '@prompt-card/rollout/testing';
import { RolloutLogbook } from '../rollout/rollout-log.ts';

export const STARTED_AT_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

export function sampleRollout(): Rollout {
  const start: RolloutStart = {
    id: '7',
    plan: canaryPlan([sampleChange('backend')], SAMPLE_CANARY),
    times: SAMPLE_TIMES,
    onInconclusive: 'pause',
    reason: 'version 2',
  };
  return startRollout(start);
}

/** A canary that has got to its first analysis. */
export function sampleLogbook(): RolloutLogbook {
  const rollout = sampleRollout();
  const logbook = new RolloutLogbook(rollout, STARTED_AT_MS);
  const arm = (revisionId: string, weight: number, requests: number, errors = 0) => ({
    revisionId,
    weight,
    ready: true,
    era: '1',
    inFlight: 0,
    counts: { requests, errors, latency: { 300: requests } },
  });
  logbook.begin('backend', [arm('r1', 100, 1_000, 3)]);
  rollout.steps.slice(0, 4).forEach((step, index) => {
    const nowMs = STARTED_AT_MS + 1_000 * index;
    const at = { ...rollout, cursor: index };
    logbook.add({ kind: 'step-started', rollout: at, step }, nowMs);
    if (index < 3) {
      const verdict = { outcome: 'pass', reason: `evidence ${index}` } as const;
      logbook.add({ kind: 'step-finished', rollout: at, step, verdict }, nowMs + 500);
    } else {
      const first = { arms: [arm('r1', 95, 1_000, 3), arm('r2', 5, 0)] };
      logbook.add({ kind: 'look', rollout: at, step, look: first }, nowMs);
      const look = { arms: [arm('r1', 95, 1_190, 3), arm('r2', 5, 10, 1)], note: '10 of 200' };
      logbook.add({ kind: 'look', rollout: at, step, look }, nowMs + 500);
    }
  });
  return logbook;
}
