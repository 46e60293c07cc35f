import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { cp, mkdir, readdir, readlink, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DeployError } from '../deploy-error.ts';

/**
 * SHA-256 over the names and contents of a folder's files, in the order of their names: the same build
 * has the same digest on every machine.
 */
export async function digestFolder(folder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of await listFiles(folder)) {
    hash.update(`\0${file.name}\0${file.link ?? ''}\0`);
    if (file.link === undefined) {
      await pipeline(createReadStream(path.join(folder, file.name)), hash, { end: false });
    }
  }
  return hash.digest('hex');
}

/** A build's output that must be there. */
export async function requireArtifact(folder: string, program: string): Promise<void> {
  const found = await stat(path.join(folder, program)).catch(() => undefined);
  if (found?.isFile()) return;
  throw new DeployError(
    'ARTIFACT_MISSING',
    `the build has not left ${path.join(folder, program)}`,
    {
      next: 'build it: npx nx run-many -t build',
    },
  );
}

/** Copies a build to where a later build does not overwrite it. The copy appears whole or not at all. */
export async function keepArtifact(from: string, to: string): Promise<void> {
  if (await stat(to).catch(() => undefined)) return;
  const partial = `${to}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(path.dirname(to), { recursive: true });
  await cp(from, partial, { recursive: true, verbatimSymlinks: true });
  await rename(partial, to);
}

interface Entry {
  readonly name: string;
  readonly link?: string;
}

async function listFiles(folder: string, prefix = ''): Promise<readonly Entry[]> {
  const entries = await readdir(path.join(folder, prefix), { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const files: Entry[] = [];
  for (const entry of entries) {
    const name = path.join(prefix, entry.name);
    if (entry.isDirectory()) files.push(...(await listFiles(folder, name)));
    else if (entry.isSymbolicLink()) {
      files.push({ name, link: await readlink(path.join(folder, name)) });
    } else files.push({ name });
  }
  return files;
}
