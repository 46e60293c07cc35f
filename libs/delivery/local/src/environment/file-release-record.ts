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
  readonly #newestFence: () => Promise<number>;

  /** `newestFence` is that of the newest lease: its holder need not have written here yet to be in charge. */
  constructor(folder: string, newestFence: () => Promise<number> = () => Promise.resolve(0)) {
    this.#file = path.join(folder, 'releases.json');
    this.#newestFence = newestFence;
  }

  async history(service: string): Promise<readonly Revision[]> {
    return (await this.#read()).services[service] ?? [];
  }

  async promote(revision: Revision, fence: number): Promise<void> {
    await this.#change(revision.service, fence, (history) =>
      [revision, ...history.filter(({ id }) => id !== revision.id)].slice(0, MAX_HISTORY),
    );
  }

  /** Gives revisions up: they can never be brought back. The stable one stays, whatever is asked. */
  async forget(service: string, ids: readonly string[], fence: number): Promise<void> {
    await this.#change(service, fence, (history) =>
      history.filter(({ id }, index) => index === 0 || !ids.includes(id)),
    );
  }

  async #change(
    service: string,
    fence: number,
    change: (history: readonly Revision[]) => readonly Revision[],
  ): Promise<void> {
    const content = await this.#read();
    const newest = Math.max(content.fence, await this.#newestFence());
    if (fence < newest) {
      throw new RolloutError('LEASE_LOST', `lease ${fence} was taken over by ${newest}`, {
        next: 'see who has it: nx run deploy:status',
      });
    }
    const services = {
      ...content.services,
      [service]: change(content.services[service] ?? []),
    };
    await writeDurably(this.#file, `${JSON.stringify({ fence, services }, undefined, 2)}\n`);
  }

  async #read(): Promise<Content> {
    const text = await readIfPresent(this.#file);
    return text === undefined ? { fence: 0, services: {} } : (JSON.parse(text) as Content);
  }
}
