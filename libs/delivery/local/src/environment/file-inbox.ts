import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { RequestInbox } from '@prompt-card/rollout';
import { writeDurably } from './durable-file.ts';

export type RolloutRequest = NonNullable<Awaited<ReturnType<RequestInbox['take']>>>;

/** Requests to the controller that is at work, one file each, taken in the order in which they came. */
export class FileInbox implements RequestInbox {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async put(request: RolloutRequest, nowMs: number): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const name = `${String(nowMs).padStart(15, '0')}-${randomUUID()}.json`;
    await writeDurably(path.join(this.#folder, name), JSON.stringify(request));
  }

  async take(): Promise<RolloutRequest | undefined> {
    const names = await readdir(this.#folder).catch(() => []);
    const [first] = names.filter((name) => name.endsWith('.json')).sort();
    if (first === undefined) return undefined;
    const file = path.join(this.#folder, first);
    const request = JSON.parse(await readFile(file, 'utf8')) as RolloutRequest;
    await rm(file);
    return request;
  }

  /** Leaves nothing for the next rollout that was meant for this one. */
  async clear(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
