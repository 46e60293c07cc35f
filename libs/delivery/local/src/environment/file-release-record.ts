import path from 'node:path';
import { type ReleaseRecord, type Revision, RolloutError } from '@prompt-card/rollout';
import { readIfPresent, writeDurably } from './durable-file.ts';

interface Content {
  readonly fence: number;
  readonly services: Readonly<Record<string, readonly Revision[]>>;
}

/** Revisions that can still be brought back; older ones are forgotten, and their builds with them. */
const MAX_HISTORY = 10;

/** Which revisions are and were stable, in `releases.json`. */
export class FileReleaseRecord implements ReleaseRecord {
  readonly #file: string;

  constructor(folder: string) {
    this.#file = path.join(folder, 'releases.json');
  }

  async history(service: string): Promise<readonly Revision[]> {
    return (await this.#read()).services[service] ?? [];
  }

  async promote(revision: Revision, fence: number): Promise<void> {
    const content = await this.#read();
    if (fence < content.fence) {
      throw new RolloutError('LEASE_LOST', `lease ${fence} was taken over by ${content.fence}`, {
        next: 'see who has it: nx run deploy:status',
      });
    }
    const history = content.services[revision.service] ?? [];
    const others = history.filter(({ id }) => id !== revision.id);
    const services = {
      ...content.services,
      [revision.service]: [revision, ...others].slice(0, MAX_HISTORY),
    };
    await writeDurably(this.#file, `${JSON.stringify({ fence, services }, undefined, 2)}\n`);
  }

  async #read(): Promise<Content> {
    const text = await readIfPresent(this.#file);
    return text === undefined ? { fence: 0, services: {} } : (JSON.parse(text) as Content);
  }
}
