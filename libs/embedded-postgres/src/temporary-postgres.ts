import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startPostgres, type PostgresServer, type StartOptions } from './start-postgres.ts';

export type TemporaryOptions = Pick<StartOptions, 'port' | 'settings' | 'timeoutMs'>;

/**
 * A server for one test file, on any free port and without waits for the disk. `stop()` removes its data;
 * a test process that dies before is cleaned up after all the same.
 */
export async function startTemporaryPostgres(
  options: TemporaryOptions = {},
): Promise<PostgresServer> {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'prompt-card-postgres-'));
  // mkdtemp makes the folder private, and as root the server runs as another user.
  await fs.chmod(folder, 0o711);
  try {
    const server = await startPostgres({
      ...options,
      dataDirectory: path.join(folder, 'data'),
      durable: false,
      removeWhenAbandoned: folder,
    });
    return new TemporaryServer(server, folder);
  } catch (error) {
    await fs.rm(folder, { recursive: true, force: true });
    throw error;
  }
}

class TemporaryServer implements PostgresServer {
  readonly dataDirectory: string;
  readonly port: number;
  readonly pid: number;
  readonly adopted = false;
  readonly #server: PostgresServer;
  readonly #folder: string;

  constructor(server: PostgresServer, folder: string) {
    this.dataDirectory = server.dataDirectory;
    this.port = server.port;
    this.pid = server.pid;
    this.#server = server;
    this.#folder = folder;
  }

  url(database: string): string {
    return this.#server.url(database);
  }

  createDatabase(name: string): Promise<void> {
    return this.#server.createDatabase(name);
  }

  async stop(): Promise<void> {
    await this.#server.stop();
    await fs.rm(this.#folder, { recursive: true, force: true });
  }
}
