import fs from 'node:fs/promises';
import path from 'node:path';
import { EmbeddedPostgresError } from './embedded-postgres-error.ts';
import { systemErrorCode } from './system-error-code.ts';

/** The account the server runs as when we ourselves are root, which PostgreSQL refuses. */
export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** What decides whether a user may enter a folder. */
export interface FolderAccess {
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** The user to switch to, or undefined when this process is not root and keeps its own. */
export async function findServerUser(): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const user = chooseServerUser(await readAccounts());
  if (user !== undefined) return user;
  throw new EmbeddedPostgresError(
    'SERVER_USER_MISSING',
    'PostgreSQL refuses to run as root, and neither `postgres` nor `nobody` is in /etc/passwd',
    { next: 'run as another user, or set DATABASE_URL' },
  );
}

/** Reads `/etc/passwd`; `postgres` before `nobody`, and never an account that is root itself. */
export function chooseServerUser(passwd: string): ServerUser | undefined {
  const accounts = passwd.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    if (name === undefined || !isId(uid) || !isId(gid)) return [];
    return [{ name, uid: Number(uid), gid: Number(gid) }];
  });
  const named = (name: string) => accounts.find((user) => user.name === name && user.uid !== 0);
  return named('postgres') ?? named('nobody');
}

/** The first folder on the way that `user` may not enter, or undefined when the way is free. */
export function firstClosedFolder(
  folders: readonly FolderAccess[],
  user: Pick<ServerUser, 'uid' | 'gid'>,
): FolderAccess | undefined {
  return folders.find((folder) => {
    if (folder.uid === user.uid) return (folder.mode & 0o100) === 0;
    if (folder.gid === user.gid) return (folder.mode & 0o010) === 0;
    return (folder.mode & 0o001) === 0;
  });
}

/** Throws when the server's user could not reach `directory`, naming the folder that is in the way. */
export async function assertReachable(directory: string, user: ServerUser): Promise<void> {
  const closed = firstClosedFolder(await readWay(directory), user);
  if (closed === undefined) return;
  throw new EmbeddedPostgresError(
    'PATH_UNREACHABLE',
    `PostgreSQL runs as ${user.name} because it refuses root, and ${user.name} cannot enter ${closed.path} ` +
      `(mode ${(closed.mode & 0o777).toString(8)}) on the way to ${directory}`,
    { next: `run \`chmod o+x ${closed.path}\`, move the workspace, or set DATABASE_URL` },
  );
}

async function readWay(directory: string): Promise<FolderAccess[]> {
  const way: FolderAccess[] = [];
  for (let folder = directory; ; folder = path.dirname(folder)) {
    const { mode, uid, gid } = await fs.stat(folder);
    way.unshift({ path: folder, mode, uid, gid });
    if (folder === path.dirname(folder)) return way;
  }
}

async function readAccounts(): Promise<string> {
  try {
    return await fs.readFile('/etc/passwd', 'utf8');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return '';
    throw error;
  }
}

function isId(value: string | undefined): value is string {
  return value !== undefined && /^\d+$/.test(value);
}
