import { type Rollout, type Step, describeStep } from '@prompt-card/rollout';

/** What a hook or a notification is told, as JSON. */
export interface CallPayload {
  /** `step.before`, `step.during`, `step.after`, or `rollout.<event>`. */
  readonly event: string;
  readonly environment: string;
  readonly rollout: string;
  readonly strategy: string;
  readonly phase: string;
  readonly reason: string;
  readonly release: readonly {
    readonly service: string;
    readonly from: string | undefined;
    readonly to: string;
  }[];
  /** Where each service is reached, by its name. */
  readonly urls: Readonly<Record<string, string>>;
  readonly step?: {
    readonly index: number;
    readonly kind: string;
    readonly text: string;
    readonly service?: string;
    readonly revision?: string;
    readonly weight?: number;
  };
}

/** Where a rollout takes place, as far as those who are called need it. */
export interface CallPlace {
  readonly environment: string;
  readonly urls: Readonly<Record<string, string>>;
}

export function callPayload(
  event: string,
  { environment, urls }: CallPlace,
  rollout: Rollout,
  step?: Step,
): CallPayload {
  const { plan, phase } = rollout;
  return {
    event,
    environment,
    rollout: rollout.id,
    strategy: plan.strategy,
    phase: phase.kind,
    reason: 'reason' in phase ? phase.reason : rollout.reason,
    release: plan.release.map(({ stable, candidate }) => ({
      service: candidate.service,
      from: stable?.id,
      to: candidate.id,
    })),
    urls,
    ...(step && {
      step: {
        index: rollout.cursor,
        kind: step.kind,
        text: describeStep(step),
        ...('revision' in step && { service: step.revision.service, revision: step.revision.id }),
        ...('weight' in step && { weight: step.weight }),
      },
    }),
  };
}
