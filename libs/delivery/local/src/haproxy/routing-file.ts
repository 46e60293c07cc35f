import path from 'node:path';
import { z } from 'zod';
import { readIfPresent, writeDurably } from '../environment/durable-file.ts';
import { LocalError } from '../errors.ts';
import { withFileLock } from './file-lock.ts';
import { NO_ROUTING, type Routing, routingSchema } from './routing.ts';

/** The routing of one service on disk. It is only written under the lock, which all services share. */
export class RoutingFile {
  readonly #directory: string;
  readonly #file: string;

  constructor(directory: string, service: string) {
    this.#directory = directory;
    this.#file = path.join(directory, `routing-${service}.json`);
  }

  async read(): Promise<Routing> {
    const text = await readIfPresent(this.#file);
    if (text === undefined) return NO_ROUTING;
    try {
      return routingSchema.parse(JSON.parse(text));
    } catch (cause) {
      const problem = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
      throw new LocalError('CONFIGURATION_INVALID', `${this.#file} is damaged: ${problem}`, {
        cause,
        next: 'stop everything (nx run deploy:down), move the file away, and roll back: that sets the routing anew',
      });
    }
  }

  /**
   * Replaces the routing by what `change` makes of it, then lets `apply` carry it out, all before anybody
   * else may. What is on disk is the intent: if `apply` is not reached, the next change carries it out.
   */
  update(
    change: (current: Routing) => Promise<Routing> | Routing,
    apply: (next: Routing) => Promise<void>,
  ): Promise<void> {
    return withFileLock(path.join(this.#directory, 'lock'), async () => {
      const next = await change(await this.read());
      await writeDurably(this.#file, `${JSON.stringify(next, undefined, 2)}\n`);
      await apply(next);
    });
  }
}
