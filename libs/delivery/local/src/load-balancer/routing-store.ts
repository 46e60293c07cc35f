import { open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { LocalError } from '../errors.ts';
import { type DesiredService, desiredServiceSchema } from './desired-service.ts';

const fileSchema = z.strictObject({
  version: z.literal(1),
  services: z.record(z.string(), desiredServiceSchema),
});

/**
 * What every service should be, on disk. A write replaces the file by an fsynced one, so after a crash
 * there is the old state or the new one.
 */
export class RoutingStore {
  readonly #file: string;
  #services: Readonly<Record<string, DesiredService>>;
  #writes: Promise<void> = Promise.resolve();

  private constructor(file: string, services: Readonly<Record<string, DesiredService>>) {
    this.#file = file;
    this.#services = services;
  }

  static async open(file: string): Promise<RoutingStore> {
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new RoutingStore(file, {});
      throw error;
    }
    return new RoutingStore(file, parse(text, file));
  }

  get(service: string): DesiredService | undefined {
    return this.#services[service];
  }

  /**
   * Writes are one after the other: `change` sees the outcome of all earlier ones, and may refuse by
   * throwing. Resolves when the new state is on disk.
   */
  update(
    service: string,
    change: (current: DesiredService | undefined) => DesiredService,
  ): Promise<DesiredService> {
    const written = this.#writes.then(async () => {
      const desired = change(this.#services[service]);
      const services = { ...this.#services, [service]: desired };
      await replaceFile(this.#file, `${JSON.stringify({ version: 1, services }, undefined, 2)}\n`);
      this.#services = services;
      return desired;
    });
    this.#writes = written.then(
      () => undefined,
      () => undefined, // its own caller hears of it
    );
    return written;
  }
}

function parse(text: string, file: string): Readonly<Record<string, DesiredService>> {
  try {
    return fileSchema.parse(JSON.parse(text)).services;
  } catch (cause) {
    throw new LocalError('CONFIGURATION_INVALID', `${file} is damaged`, {
      cause,
      next: 'move it away; the next command that deploys or recovers sets the routing anew',
    });
  }
}

async function replaceFile(file: string, content: string): Promise<void> {
  const temporary = `${file}.new`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
  const folder = await open(path.dirname(file), 'r');
  await folder.sync().finally(() => folder.close());
}
