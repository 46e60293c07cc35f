import type { HookMoment, Step } from '@prompt-card/rollout';
import type { HookDefinition } from '../environment/hook-schema.ts';

/** The hooks that belong to this moment of this step, in the order of the file. */
export function applicableHooks(
  hooks: readonly HookDefinition[],
  moment: HookMoment,
  step: Step,
): readonly HookDefinition[] {
  return hooks.filter(
    (hook) =>
      hook.moment === moment &&
      hook.steps.some((kind) => kind === step.kind) &&
      (!hook.weights || ('weight' in step && hook.weights.includes(step.weight))),
  );
}
