import { type Revision, revisionName as name } from './revision.ts';

/** How long an analysis may take and what it needs to see. */
export interface AnalysisWindow {
  /** The step lasts this long at most; a sequential judge may end it sooner. */
  readonly durationMs: number;
  /** With fewer requests than this on the judged revision the verdict is `no-data`. */
  readonly minSamples: number;
}

/** What it takes to believe that a weight has arrived at the data plane. */
export interface ShareProof {
  /** Requests of the service to measure the share on; 0 asks for no proof (rolling back never waits for traffic). */
  readonly minSamples: number;
  readonly timeoutMs: number;
}

/**
 * One step of a rollout. Every step names the revisions that it is about, so that it can be executed,
 * repeated after a crash and explained without looking at its neighbours. A weight is a whole
 * percentage: the share of the service's requests that `revision` is asked to receive; all others go
 * to `counterpart`.
 */
export type Step =
  /** Applies the migrations that the revision brings. */
  | { readonly kind: 'migrate'; readonly revision: Revision }
  | { readonly kind: 'deploy'; readonly revision: Revision }
  | { readonly kind: 'await-healthy'; readonly revision: Revision; readonly timeoutMs: number }
  /** Calls the revision directly, past the weights. */
  | {
      readonly kind: 'smoke-test';
      readonly revision: Revision;
      readonly attempts: number;
      readonly intervalMs: number;
    }
  | {
      readonly kind: 'set-weight';
      readonly revision: Revision;
      readonly counterpart: Revision | undefined;
      readonly weight: number;
      readonly proof: ShareProof;
    }
  /** Compares the revision with its counterpart; at weight 100 it is judged by the limits alone. */
  | {
      readonly kind: 'analyse';
      readonly revision: Revision;
      readonly counterpart: Revision;
      readonly weight: number;
      readonly window: AnalysisWindow;
    }
  /** Waits for a person. */
  | { readonly kind: 'pause'; readonly reason: string }
  /** Records the revision as the service's stable one. */
  | { readonly kind: 'promote'; readonly revision: Revision }
  /** Waits until the revision has received no request for `quietMs`. */
  | {
      readonly kind: 'drain';
      readonly revision: Revision;
      readonly quietMs: number;
      readonly timeoutMs: number;
    }
  | { readonly kind: 'retire'; readonly revision: Revision };

export type StepKind = Step['kind'];

/** The step as one line of a plan, a log or a report. */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case 'migrate':
      return `apply the migrations of ${name(step.revision)}`;
    case 'deploy':
      return `start ${name(step.revision)}`;
    case 'await-healthy':
      return `wait until ${name(step.revision)} is healthy, at most ${seconds(step.timeoutMs)}`;
    case 'smoke-test':
      return `smoke-test ${name(step.revision)}: up to ${step.attempts} attempts, ${seconds(step.intervalMs)} apart`;
    case 'set-weight':
      return `send ${step.weight} % to ${name(step.revision)}${step.proof.minSamples > 0 ? ` and measure it on ${step.proof.minSamples} requests` : ''}`;
    case 'analyse':
      return step.weight === 100
        ? `watch ${name(step.revision)} for ${seconds(step.window.durationMs)}`
        : `compare ${name(step.revision)} at ${step.weight} % with ${name(step.counterpart)} for ${seconds(step.window.durationMs)}`;
    case 'pause':
      return `wait for a person: ${step.reason}`;
    case 'promote':
      return `make ${name(step.revision)} the stable revision`;
    case 'drain':
      return `wait until ${name(step.revision)} has had no request for ${seconds(step.quietMs)}`;
    case 'retire':
      return `stop ${name(step.revision)}`;
  }
}

function seconds(durationMs: number): string {
  return `${durationMs / 1000} s`;
}
