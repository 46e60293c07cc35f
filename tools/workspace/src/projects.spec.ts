import { readFileSync } from 'node:fs';
import path from 'node:path';
import { workspaceProjects, workspaceRoot } from './testing/workspace-projects.ts';

/** Every project says of itself what it is, whom it belongs to, and where it can run. */
const DIMENSIONS = {
  type: ['domain', 'platform', 'adapter', 'entry'],
  scope: ['product', 'delivery', 'shared'],
  runtime: ['any', 'node', 'browser'],
};

const projects = workspaceProjects();

describe('every project', () => {
  it.each(projects)('$folder is named like its folder and package', ({ folder, manifest }) => {
    const name = path.basename(folder);
    expect(manifest.nx?.name).toBe(name);
    expect(manifest.name).toBe(`@prompt-card/${name}`);
  });

  it.each(projects)('$folder has one known tag of each dimension and no other', ({ manifest }) => {
    const tags = manifest.nx?.tags ?? [];
    const known = Object.entries(DIMENSIONS).map(([dimension, values]) =>
      tags.filter((tag) => values.some((value) => tag === `${dimension}:${value}`)),
    );
    expect(known.map((found) => found.length)).toEqual([1, 1, 1]);
    expect(tags).toHaveLength(3);
  });

  it.each(projects)('$folder is private and an ES module', ({ manifest }) => {
    expect(manifest).toMatchObject({ private: true, type: 'module' });
  });

  it.each(projects)('$folder pins every dependency to one exact version', ({ manifest }) => {
    const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual(
      [],
    );
  });
});

describe('every domain lib', () => {
  const domain = projects.filter(({ manifest }) => manifest.nx?.tags?.includes('type:domain'));

  it.each(domain)('$folder compiles without the types of Node and of browsers', ({ folder }) => {
    const { compilerOptions = {} } = JSON.parse(
      readFileSync(path.join(workspaceRoot, folder, 'tsconfig.lib.json'), 'utf8'),
    ) as { compilerOptions?: { types?: unknown; lib?: unknown } };
    expect(compilerOptions).not.toHaveProperty('types');
    expect(compilerOptions).not.toHaveProperty('lib');
  });
});

describe('the lockfile', () => {
  it('names no address to download from', () => {
    const lockfile = readFileSync(path.join(workspaceRoot, 'package-lock.json'), 'utf8');
    expect(lockfile).not.toMatch(/https?:\/\/[^"]*\.tgz/);
  });
});
