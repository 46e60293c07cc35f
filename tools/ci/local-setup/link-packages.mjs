import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/**
 * Gives the work tree of a job its packages: hard links to those that are installed here, when the
 * lock file is the same, and an installation of its own when it is not. Links between packages of
 * the workspace are relative, so they lead into the job's tree and not into the user's.
 */
const repository = path.resolve(import.meta.dirname ?? process.env.GITHUB_ACTION_PATH, '../../..');
const installed = path.join(repository, 'node_modules');
const lock = (folder) => fs.readFileSync(path.join(folder, 'package-lock.json'), 'utf8');

if (fs.existsSync(installed) && lock(repository) === lock('.')) {
  execFileSync('cp', ['-al', installed, 'node_modules'], { stdio: 'inherit' });
  // Tools write here in place, and a hard link would carry that back.
  fs.rmSync('node_modules/.cache', { recursive: true, force: true });
  console.log('packages linked');
} else {
  execFileSync('npm', ['ci', '--ignore-scripts', '--prefer-offline'], { stdio: 'inherit' });
}
