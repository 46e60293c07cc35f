import fs from 'node:fs';
import path from 'node:path';

/*
 * `next build` leaves out of the standalone folder what a CDN could serve. We have none, so the
 * folder gets the static files too and is all that a deployment needs.
 */
const project = import.meta.dirname;
const served = path.join(project, '.next/standalone/apps/frontend');

for (const [from, to] of [
  ['.next/static', '.next/static'],
  ['public', 'public'],
]) {
  const source = path.join(project, from);
  const target = path.join(served, to);
  fs.rmSync(target, { recursive: true, force: true });
  if (fs.existsSync(source)) fs.cpSync(source, target, { recursive: true });
}
