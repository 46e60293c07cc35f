import { revisionName as name } from './revision.ts';
import type { Step } from './step.ts';

/** What ends the step, and what it comes to if that does not happen; `undefined` for one that only acts. */
export function describeWait(step: Step): string | undefined {
  switch (step.kind) {
    case 'await-healthy':
      return `until its health check passes; fails after ${seconds(step.timeoutMs)}`;
    case 'smoke-test':
      return `until one attempt passes; fails after ${step.attempts}`;
    case 'set-weight':
      return step.proof.minSamples === 0
        ? undefined
        : `until the share of ${step.proof.minSamples} requests agrees with ${step.weight} %; fails after ${seconds(step.proof.timeoutMs)}, without requests it is no-data`;
    case 'analyse':
      return `${seconds(step.window.durationMs)} and ${step.window.minSamples} requests on ${name(step.revision)}; a broken limit ends it at once, too few requests are no-data`;
    case 'pause':
      return 'until deploy:promote or deploy:abort';
    case 'drain':
      return `until it has had no request for ${seconds(step.quietMs)} and none is in flight; fails after ${seconds(step.timeoutMs)}`;
    case 'migrate':
    case 'deploy':
    case 'promote':
    case 'retire':
      return undefined;
  }
}

function seconds(durationMs: number): string {
  return `${durationMs / 1000} s`;
}
