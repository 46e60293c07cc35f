import type { Rollout } from '@prompt-card/rollout';
import type { NotificationDefinition } from '../environment/hook-schema.ts';
import { type CallSetting, call } from './call.ts';
import type { Unheeded } from './called-hooks.ts';
import { type CallPlace, callPayload } from './payload.ts';

/** Tells others of a rollout. Whether they hear it never changes anything. */
export class Notifier {
  readonly #definitions: readonly NotificationDefinition[];
  readonly #place: CallPlace;
  readonly #setting: CallSetting;
  readonly #unheeded: Unheeded;
  readonly #underWay: Promise<void>[] = [];

  constructor(
    definitions: readonly NotificationDefinition[],
    place: CallPlace,
    setting: CallSetting,
    unheeded: Unheeded,
  ) {
    this.#definitions = definitions;
    this.#place = place;
    this.#setting = setting;
    this.#unheeded = unheeded;
  }

  /** Begins to tell and does not wait. A phase that nobody wants to hear of is no event. */
  tell(event: 'started' | Rollout['phase']['kind'], rollout: Rollout): void {
    for (const definition of this.#definitions) {
      if (!definition.events.some((wanted) => wanted === event)) continue;
      const id = [this.#place.environment, rollout.id, event, definition.name].join('/');
      const payload = callPayload(`rollout.${event}`, this.#place, rollout);
      this.#underWay.push(this.#tell(definition, id, payload));
    }
  }

  /** Resolves when everybody has heard, or will not; their timeouts and retries bound it. */
  async close(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #tell(
    definition: NotificationDefinition,
    id: string,
    payload: ReturnType<typeof callPayload>,
  ): Promise<void> {
    const never = new AbortController().signal;
    const { ok, detail } = await call(definition, id, payload, this.#setting, never);
    if (!ok)
      this.#unheeded(`notification ${definition.name} of ${payload.event} failed: ${detail}`);
  }
}
