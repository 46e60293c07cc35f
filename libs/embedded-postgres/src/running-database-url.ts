import fs from 'node:fs/promises';
import path from 'node:path';
import { clusterPath } from './data-directory.ts';
import { findRunningServer } from './running-server.ts';
import { connectionUrl } from './superuser.ts';

/**
 * Where a database of the server that runs on this data directory is reached; undefined while none runs.
 * Starts nothing, and does not look whether there is such a database. The password is in the URL.
 */
export async function runningDatabaseUrl(
  dataDirectory: string,
  database: string,
  { timeoutMs = 2_000 }: { readonly timeoutMs?: number } = {},
): Promise<string | undefined> {
  const directory = path.resolve(dataDirectory);
  const running = await findRunningServer(clusterPath(directory), timeoutMs);
  if (!running) return undefined;
  const password = (await fs.readFile(path.join(directory, 'password'), 'utf8')).trim();
  return connectionUrl({ port: running.port, password }, database);
}
