#!/usr/bin/env node
// `npm test`: lint, typecheck and test of every project, then one line that counts the tests of all of
// them. The counts come from a file that is an output of each `test` target (jest-counts-reporter.cjs),
// so a project whose result Nx takes from its cache is counted too.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..', '..');

const countsFiles = testedFolders().map((folder) => ({
  folder,
  file: path.join(root, folder, 'test-output', 'counts.json'),
}));
// What an earlier run left must not be counted if a project's tests do not even start now.
for (const { file } of countsFiles) rmSync(file, { force: true });

const nx = path.join(root, 'node_modules', '.bin', 'nx');
const targets = ['lint', 'typecheck', 'test'];
const run = spawnSync(
  nx,
  ['run-many', '-t', ...targets, '--output-style=static', ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
);

let passed = 0;
let failed = 0;
for (const { folder, file } of countsFiles) {
  if (existsSync(file)) {
    const counts = JSON.parse(readFileSync(file, 'utf8'));
    passed += counts.passed;
    failed += counts.failed;
  } else {
    failed += 1;
    console.error(`${folder}: its tests did not run to the end`);
  }
}
if (run.status !== 0 && failed === 0) {
  failed += 1;
  console.error('lint or typecheck failed; see above');
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(run.status === 0 && failed === 0 ? 0 : 1);

/** Workspace folders with a Jest configuration: the ones that Nx gives a `test` target. */
function testedFolders() {
  const { workspaces } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  return workspaces
    .flatMap((pattern) => {
      if (!pattern.endsWith('/*')) return [pattern];
      const parent = pattern.slice(0, -2);
      return readdirSync(path.join(root, parent)).map((name) => `${parent}/${name}`);
    })
    .filter((folder) => existsSync(path.join(root, folder, 'jest.config.cjs')));
}
