import { RolloutError } from './errors.ts';
import type { ReleaseSet, ServiceChange } from './release.ts';
import type { Revision } from './revision.ts';
import type { AnalysisWindow, ShareProof, Step } from './step.ts';

export type Strategy = 'install' | 'canary' | 'blue-green' | 'rollback';

/** A rollout before it starts: what changes, and the steps in order. */
export interface Plan {
  readonly strategy: Strategy;
  readonly release: ReleaseSet;
  readonly steps: readonly Step[];
}

/** The waits that all strategies share. */
export interface PlanTimes {
  /** A started revision must be healthy within this time. */
  readonly healthTimeoutMs: number;
  readonly proof: ShareProof;
  /** An outgoing revision must have been without a request for this long before it is stopped. */
  readonly drainQuietMs: number;
  readonly drainTimeoutMs: number;
}

/** One stage of a canary. */
export interface CanaryStage extends AnalysisWindow {
  /** Percent of the service's requests, 1 to 99. */
  readonly weight: number;
  /** Wait for a person after the analysis has passed. */
  readonly pauseAfter?: boolean;
}

export interface CanaryOptions extends PlanTimes {
  /** Weights strictly ascending; the step to 100 % follows by itself. */
  readonly stages: readonly CanaryStage[];
}

export interface BlueGreenOptions extends PlanTimes {
  readonly smokeAttempts: number;
  readonly smokeIntervalMs: number;
  /** Wait for a person before the switch. */
  readonly pauseBeforeSwitch?: boolean;
  /** The new revision is watched for this long before the old one is let go. */
  readonly bake: AnalysisWindow;
  /** The old revision is kept warm for at least this long after the bake. */
  readonly retireDelayMs: number;
}

/** Brings up services that have never run in this environment: nothing to compare with, nothing to drain. */
export function installPlan(release: ReleaseSet, times: PlanTimes): Plan {
  const steps = release.flatMap((change): Step[] => [
    ...bringUp(change, times),
    {
      kind: 'set-weight',
      revision: change.candidate,
      counterpart: undefined,
      weight: 100,
      proof: NO_PROOF,
    },
    { kind: 'promote', revision: change.candidate },
  ]);
  return { strategy: 'install', release, steps };
}

/**
 * Shifts the first service of the set in stages and analyses each; the others follow in one shift each,
 * after the first has reached 100 %. Nothing is promoted before everything has arrived, and nothing old
 * is stopped before everything is promoted.
 */
export function canaryPlan(release: ReleaseSet, options: CanaryOptions): Plan {
  checkStages(options.stages);
  const [first, ...others] = requireStable(release);
  const stages = options.stages.flatMap((stage): Step[] => [
    setWeight(first, stage.weight, options.proof),
    {
      kind: 'analyse',
      revision: first.candidate,
      counterpart: first.stable,
      weight: stage.weight,
      window: { durationMs: stage.durationMs, minSamples: stage.minSamples },
    },
    ...(stage.pauseAfter
      ? [{ kind: 'pause', reason: `stage ${stage.weight} % has passed its analysis` } as const]
      : []),
  ]);
  return {
    strategy: 'canary',
    release,
    steps: [
      ...bringUp(first, options),
      ...stages,
      setWeight(first, 100, options.proof),
      ...others.flatMap((change) => [
        ...bringUp(change, options),
        setWeight(change, 100, NO_PROOF),
      ]),
      ...settle(release, options, 0),
    ],
  };
}

/**
 * Brings every candidate up without traffic, tests it there, switches all of it at once, watches it, and
 * only then lets the old revisions go.
 */
export function blueGreenPlan(release: ReleaseSet, options: BlueGreenOptions): Plan {
  const changes = requireStable(release);
  const [first] = changes;
  return {
    strategy: 'blue-green',
    release,
    steps: [
      ...changes.flatMap((change): Step[] => [
        ...bringUp(change, options),
        {
          kind: 'smoke-test',
          revision: change.candidate,
          attempts: options.smokeAttempts,
          intervalMs: options.smokeIntervalMs,
        },
      ]),
      ...(options.pauseBeforeSwitch
        ? [{ kind: 'pause', reason: 'the preview is ready to be switched to' } as const]
        : []),
      ...changes.map((change) =>
        setWeight(change, 100, change === first ? options.proof : NO_PROOF),
      ),
      {
        kind: 'analyse',
        revision: first.candidate,
        counterpart: first.stable,
        weight: 100,
        window: options.bake,
      },
      ...settle(release, options, options.retireDelayMs),
    ],
  };
}

/**
 * Goes back to `stable` for every change of the set, last service first: capacity before traffic, no
 * analysis, every step safe to repeat. It serves both a rollout that failed half-way and one that was
 * promoted and is regretted.
 */
export function rollbackPlan(release: ReleaseSet, times: PlanTimes): Plan {
  const steps = [...release].reverse().flatMap(({ stable, candidate }): Step[] => {
    const retire: Step[] = [
      {
        kind: 'drain',
        revision: candidate,
        quietMs: times.drainQuietMs,
        timeoutMs: times.drainTimeoutMs,
      },
      { kind: 'retire', revision: candidate },
    ];
    // Nobody is left to serve: the service is empty again, as it was.
    if (!stable) return [emptied(candidate), ...retire];
    return [
      { kind: 'deploy', revision: stable },
      { kind: 'await-healthy', revision: stable, timeoutMs: times.healthTimeoutMs },
      {
        kind: 'set-weight',
        revision: stable,
        counterpart: candidate,
        weight: 100,
        proof: NO_PROOF,
      },
      { kind: 'promote', revision: stable },
      ...retire,
    ];
  });
  return { strategy: 'rollback', release, steps };
}

function emptied(revision: Revision): Step {
  return { kind: 'set-weight', revision, counterpart: undefined, weight: 0, proof: NO_PROOF };
}

/** Traffic is not waited for, only the router. */
const NO_PROOF: ShareProof = { minSamples: 0, timeoutMs: 30_000 };

type Upgrade = ServiceChange & { readonly stable: Revision };

function requireStable(release: ReleaseSet): readonly [Upgrade, ...Upgrade[]] {
  const [first, ...others] = release.map((change): Upgrade => {
    const { stable } = change;
    if (stable) return { ...change, stable };
    throw new RolloutError(
      'PLAN_INVALID',
      `${change.candidate.service} has no stable revision to compare with`,
      { next: 'install it first, at 100 %' },
    );
  });
  if (!first) throw new RolloutError('PLAN_INVALID', 'the release set is empty');
  return [first, ...others];
}

function checkStages(stages: readonly CanaryStage[]): void {
  let previous = 0;
  for (const { weight, durationMs, minSamples } of stages) {
    if (!Number.isInteger(weight) || weight <= previous || weight >= 100) {
      throw new RolloutError(
        'PLAN_INVALID',
        `stage weights must be whole percentages that ascend between 1 and 99, got ${weight} after ${previous}`,
      );
    }
    if (!(durationMs >= 0) || !(minSamples >= 0)) {
      throw new RolloutError(
        'PLAN_INVALID',
        `stage ${weight} %: duration and samples must not be negative, got ${durationMs} ms and ${minSamples}`,
      );
    }
    previous = weight;
  }
}

function bringUp(change: ServiceChange, times: PlanTimes): Step[] {
  return [
    ...(change.migrates ? [{ kind: 'migrate', revision: change.candidate } as const] : []),
    { kind: 'deploy', revision: change.candidate },
    { kind: 'await-healthy', revision: change.candidate, timeoutMs: times.healthTimeoutMs },
  ];
}

function setWeight(change: ServiceChange, weight: number, proof: ShareProof): Step {
  return {
    kind: 'set-weight',
    revision: change.candidate,
    counterpart: change.stable,
    weight,
    proof,
  };
}

/** Promotes all, then stops what all of them replaced. */
function settle(release: ReleaseSet, times: PlanTimes, keepWarmMs: number): Step[] {
  return [
    ...release.map((change): Step => ({ kind: 'promote', revision: change.candidate })),
    ...release.flatMap(({ stable }): Step[] =>
      stable
        ? [
            {
              kind: 'drain',
              revision: stable,
              quietMs: Math.max(times.drainQuietMs, keepWarmMs),
              timeoutMs: Math.max(times.drainQuietMs, keepWarmMs) + times.drainTimeoutMs,
            },
            { kind: 'retire', revision: stable },
          ]
        : [],
    ),
  ];
}
