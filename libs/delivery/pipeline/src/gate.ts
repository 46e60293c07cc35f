import { z } from 'zod';

/** `needs` of the gate job, as `toJSON(needs)` prints it. */
export const needsSchema = z.record(
  z.string(),
  z.object({
    result: z.enum(['success', 'failure', 'cancelled', 'skipped']),
    outputs: z.record(z.string(), z.string()).default({}),
  }),
);

export type GateNeeds = z.infer<typeof needsSchema>;

export interface GateVerdict {
  readonly passes: boolean;
  /** One sentence per job. */
  readonly reasons: readonly string[];
}

/**
 * The one required check. Every job must have succeeded; `run` alone may be skipped, and only when
 * the plan itself says that there was nothing to run. A skip for any other reason is a job that
 * was meant to run and did not.
 */
export function decideGate(needs: GateNeeds): GateVerdict {
  const kind = needs['plan']?.outputs['kind'];
  const maySkip = kind === 'docs-only' || kind === 'nothing';
  const judged = Object.entries(needs).map(([job, { result }]) => {
    if (result === 'success') return { passes: true, reason: `${job} succeeded` };
    if (result === 'skipped' && job === 'run' && maySkip) {
      return { passes: true, reason: `${job} was skipped because the plan is ${kind}` };
    }
    const surprise = result === 'skipped' ? ' although the plan did not say so' : '';
    return { passes: false, reason: `${job}: ${result}${surprise}` };
  });
  if (judged.length === 0) return { passes: false, reasons: ['the gate needs no job at all'] };
  return {
    passes: judged.every(({ passes }) => passes),
    reasons: judged.map(({ reason }) => reason),
  };
}
