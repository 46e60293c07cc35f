import fs from 'node:fs';
import path from 'node:path';

/*
 * Makes the standalone folder of `next build` all that a deployment needs, and nothing else.
 */
const project = import.meta.dirname;
const standalone = path.join(project, '.next/standalone');
const served = path.join(standalone, 'apps/frontend');

// Next leaves out what a CDN could serve; we have none.
for (const [from, to] of [
  ['.next/static', '.next/static'],
  ['public', 'public'],
]) {
  const source = path.join(project, from);
  const target = path.join(served, to);
  fs.rmSync(target, { recursive: true, force: true });
  if (fs.existsSync(source)) fs.cpSync(source, target, { recursive: true });
}

// The image optimiser is off, yet its native code (20 MB, for one platform only) is traced along.
for (const name of ['sharp', '@img']) {
  fs.rmSync(path.join(standalone, 'node_modules', name), { recursive: true, force: true });
}
