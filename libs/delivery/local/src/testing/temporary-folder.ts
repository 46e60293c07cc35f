import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** A folder for one test file: call `clean` when it is over. */
export async function temporaryFolder(): Promise<{
  readonly path: string;
  clean(): Promise<void>;
}> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'prompt-card-'));
  return { path: folder, clean: () => rm(folder, { recursive: true, force: true }) };
}
