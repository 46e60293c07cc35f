import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Binaries } from './binaries.ts';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { isProcessAlive } from './process-state.ts';
import type { ServerUser } from './server-user.ts';
import { systemErrorCode } from './system-error-code.ts';

/**
 * A data directory as this library lays it out:
 *
 *     <directory>/cluster      PostgreSQL's own data
 *     <directory>/password     the superuser's random password, mode 0600
 *     <directory>/server.log   unless the caller names another log file
 *
 * It appears as a whole: everything is made in `<directory>.init-<pid>-<random>` and renamed, so a crash
 * leaves either no data directory or a complete one, and of two concurrent starts one wins.
 */
export interface DataDirectory {
  readonly path: string;
  readonly cluster: string;
  readonly password: string;
}

export interface InitialiseOptions {
  readonly binaries: Binaries;
  readonly user: ServerUser | undefined;
  /** False for data that need not survive a power failure: skips the flush to disk. */
  readonly durable: boolean;
}

/** Opens the data directory; makes it first when it is missing or empty. */
export async function openDataDirectory(
  directory: string,
  options: InitialiseOptions,
): Promise<DataDirectory> {
  if (!(await isInitialised(directory))) await initialise(directory, options);
  const password = (await fs.readFile(path.join(directory, 'password'), 'utf8')).trim();
  return { path: directory, cluster: clusterPath(directory), password };
}

export function clusterPath(directory: string): string {
  return path.join(directory, 'cluster');
}

async function isInitialised(directory: string): Promise<boolean> {
  const names = await listFolder(directory);
  if (names.length === 0) return false;
  if (names.includes('cluster') && names.includes('password')) return true;
  throw new EmbeddedPostgresError(
    'DATA_DIRECTORY_FOREIGN',
    `${directory} holds files that are not an embedded server's: ${names.slice(0, 5).join(', ')}`,
    { next: 'name an empty or a missing folder' },
  );
}

async function initialise(directory: string, options: InitialiseOptions): Promise<void> {
  await removeAbandoned(directory);
  const draft = `${directory}.init-${process.pid}-${randomBytes(4).toString('hex')}`;
  await fs.mkdir(draft, { mode: 0o700 });
  try {
    const passwordFile = path.join(draft, 'password');
    await fs.writeFile(passwordFile, `${randomBytes(24).toString('hex')}\n`, { mode: 0o600 });
    await giveTo(options.user, draft, passwordFile);
    await runInitdb(clusterPath(draft), passwordFile, options);
    await fs.rename(draft, directory);
  } catch (error) {
    await fs.rm(draft, { recursive: true, force: true });
    // Another process finished first; its directory is as good as ours.
    if (['ENOTEMPTY', 'EEXIST'].includes(systemErrorCode(error) ?? '')) return;
    throw error;
  }
}

/** Arguments of `initdb`. ICU's root locale sorts and folds case alike on every machine, unlike libc's. */
export function initdbArguments(cluster: string, passwordFile: string, durable: boolean): string[] {
  return [
    `--pgdata=${cluster}`,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=icu',
    '--icu-locale=und',
    ...(durable ? [] : ['--no-sync']),
  ];
}

async function runInitdb(
  cluster: string,
  passwordFile: string,
  { binaries, user, durable }: InitialiseOptions,
): Promise<void> {
  try {
    await promisify(execFile)(binaries.initdb, initdbArguments(cluster, passwordFile, durable), {
      // The server's user may not be allowed to enter our own working directory.
      cwd: '/',
      env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
      ...(user && { uid: user.uid, gid: user.gid }),
    });
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    throw new EmbeddedPostgresError('INITDB_FAILED', `initdb failed for ${cluster}: ${output}`, {
      cause: error,
      next: 'check free disk space and the permissions of the parent folder',
    });
  }
}

/** Removes drafts whose maker died. A live maker's draft is left alone. */
async function removeAbandoned(directory: string): Promise<void> {
  const parent = path.dirname(directory);
  const pattern = `${path.basename(directory)}.init-`;
  for (const name of await listFolder(parent)) {
    if (!name.startsWith(pattern)) continue;
    const maker = Number(name.slice(pattern.length).split('-')[0]);
    if (isProcessAlive(maker)) continue;
    await fs.rm(path.join(parent, name), { recursive: true, force: true });
  }
}

async function giveTo(user: ServerUser | undefined, ...paths: string[]): Promise<void> {
  if (user === undefined) return;
  for (const each of paths) await fs.chown(each, user.uid, user.gid);
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    return await fs.readdir(folder);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
