import {
  type HookMoment,
  type Rollout,
  type Step,
  type StepHooks,
  type Verdict,
  fail,
  pass,
} from '@prompt-card/rollout';
import type { HookDefinition } from '../environment/hook-schema.ts';
import { applicableHooks } from './applicable-hooks.ts';
import { type CallSetting, call } from './call.ts';
import { type CallPlace, callPayload } from './payload.ts';

/** What a hook said that was not asked for a verdict. */
export type Unheeded = (text: string) => void;

/** The hooks of an environment file, called side by side at their moments. */
export function calledHooks(
  definitions: readonly HookDefinition[],
  place: CallPlace,
  setting: CallSetting,
  unheeded: Unheeded,
): StepHooks {
  return {
    start(moment, step, rollout) {
      const hooks = applicableHooks(definitions, moment, step);
      if (hooks.length === 0) return undefined;
      const stop = new AbortController();
      const verdict = firstFailure(
        hooks.map((hook) => callHook(hook, moment, step, rollout, stop.signal)),
      );
      return {
        verdict,
        stop: () => {
          stop.abort();
        },
      };
    },
  };

  async function callHook(
    hook: HookDefinition,
    moment: HookMoment,
    step: Step,
    rollout: Rollout,
    signal: AbortSignal,
  ): Promise<Verdict> {
    const id = [place.environment, rollout.id, rollout.cursor, moment, hook.name].join('/');
    const payload = callPayload(`step.${moment}`, place, rollout, step);
    const { ok, detail } = await call(hook, id, payload, setting, signal);
    const text = `hook ${hook.name} ${moment} "${payload.step?.text ?? step.kind}" ${ok ? 'passed' : 'failed'}: ${detail}`;
    if (ok) return pass(text);
    if (hook.required) return fail(text);
    if (!signal.aborted) unheeded(text);
    return pass(text);
  }
}

/** Fails as soon as one has failed, passes when all have passed. */
function firstFailure(verdicts: readonly Promise<Verdict>[]): Promise<Verdict> {
  return new Promise((resolve) => {
    for (const verdict of verdicts) {
      void verdict.then((each) => {
        if (each.outcome !== 'pass') resolve(each);
      });
    }
    void Promise.all(verdicts).then((all) => {
      resolve(pass(all.map(({ reason }) => reason).join('; ')));
    });
  });
}
