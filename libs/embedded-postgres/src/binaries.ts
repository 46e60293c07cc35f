import fs from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { parseSymbolicLinks } from './symbolic-link.ts';
import { systemErrorCode } from './system-error-code.ts';

/** The PostgreSQL programs of this machine's platform package; absolute paths. */
export interface Binaries {
  /** The package's `native` folder, which holds `bin`, `lib` and `share`. */
  readonly directory: string;
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Finds the programs and repairs what npm could not deliver. The package's own postinstall script would
 * do the same, but a workspace installed with `--ignore-scripts` has not run it.
 */
export async function prepareBinaries(): Promise<Binaries> {
  const packageDirectory = findPlatformPackage();
  const directory = path.join(packageDirectory, 'native');
  const binaries = {
    directory,
    initdb: path.join(directory, 'bin', 'initdb'),
    postgres: path.join(directory, 'bin', 'postgres'),
  };
  await linkLibraries(packageDirectory);
  await makeExecutable(binaries.initdb);
  await makeExecutable(binaries.postgres);
  return binaries;
}

/** The npm package that carries the programs for a platform, or undefined where there is none. */
export function platformPackageName(platform: string, arch: string): string | undefined {
  const name = `${platform}-${arch}`;
  return supportedPlatforms.includes(name) ? `@embedded-postgres/${name}` : undefined;
}

/** There is a package for Windows too; signals and users, which this library needs, work otherwise there. */
const supportedPlatforms = [
  'darwin-arm64',
  'darwin-x64',
  'linux-arm',
  'linux-arm64',
  'linux-ia32',
  'linux-ppc64',
  'linux-x64',
];

function findPlatformPackage(): string {
  const name = platformPackageName(process.platform, process.arch);
  if (name === undefined) {
    throw new EmbeddedPostgresError(
      'PLATFORM_UNSUPPORTED',
      `embedded PostgreSQL does not run on ${process.platform}-${process.arch}`,
      { next: 'run a PostgreSQL 16 server and set DATABASE_URL' },
    );
  }
  for (const origin of resolutionOrigins()) {
    try {
      // The platform package is an optional dependency of `embedded-postgres`, so it is resolved from there.
      const parent = createRequire(origin).resolve('embedded-postgres');
      const entry = createRequire(parent).resolve(name);
      return path.dirname(path.dirname(entry));
    } catch (error) {
      if (systemErrorCode(error) !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw new EmbeddedPostgresError('BINARIES_MISSING', `the npm package ${name} is not installed`, {
    next: 'run `npm ci` without `--omit=optional`, or set DATABASE_URL',
  });
}

/**
 * This module is loaded as CommonJS, as an ES module and from inside a bundle; `import.meta` would rule
 * out the first. So packages are resolved from the first of these files that can see them.
 */
function resolutionOrigins(): string[] {
  const origins = [path.join(process.cwd(), 'package.json')];
  if (process.argv[1] !== undefined) origins.unshift(path.resolve(process.argv[1]));
  if (typeof __filename === 'string') origins.unshift(__filename);
  return origins;
}

async function linkLibraries(packageDirectory: string): Promise<void> {
  const list = path.join(packageDirectory, 'native', 'pg-symlinks.json');
  let json: string;
  try {
    json = await fs.readFile(list, 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return;
    throw error;
  }
  for (const link of parseSymbolicLinks(json, packageDirectory)) {
    try {
      await fs.symlink(link.target, link.path);
    } catch (error) {
      // Already there: from the postinstall script, an earlier start, or a process doing the same now.
      if (systemErrorCode(error) !== 'EEXIST') throw readOnly(link.path, error);
    }
  }
}

async function makeExecutable(file: string): Promise<void> {
  const { mode } = await fs.stat(file);
  if ((mode & 0o111) === 0o111) return;
  try {
    await fs.chmod(file, mode | 0o111);
  } catch (error) {
    throw readOnly(file, error);
  }
}

function readOnly(file: string, cause: unknown): EmbeddedPostgresError {
  return new EmbeddedPostgresError('BINARIES_READ_ONLY', `cannot prepare ${file}`, {
    cause,
    next: 'run `npm rebuild` as the owner of node_modules, or set DATABASE_URL',
  });
}
