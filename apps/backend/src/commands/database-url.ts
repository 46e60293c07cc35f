import fs from 'node:fs';
import path from 'node:path';
import { startPostgres } from '@prompt-card/embedded-postgres';

/** The database a command works on. `release` ends what was started for it. */
export interface DatabaseLease {
  readonly url: string;
  /** True for the embedded development server: it belongs to this process, which may migrate it. */
  readonly embedded: boolean;
  release(): Promise<void>;
}

/** Takes the configured database, or starts PostgreSQL under `<workspace>/tmp` when none is configured. */
export async function leaseDatabase(configured: string | undefined): Promise<DatabaseLease> {
  if (configured !== undefined) {
    return { url: configured, embedded: false, release: async () => undefined };
  }
  const dataDirectory = path.join(findWorkspace(process.cwd()), 'tmp', 'dev-postgres');
  const server = await startPostgres({ dataDirectory });
  await server.createDatabase('prompt_card');
  return {
    url: server.url('prompt_card'),
    embedded: true,
    // Whoever started the server ends it; another backend may be using the same.
    release: async () => (server.adopted ? undefined : server.stop()),
  };
}

/** The nearest folder above that is an Nx workspace, else the folder itself. */
function findWorkspace(folder: string): string {
  for (let each = folder; ; each = path.dirname(each)) {
    if (fs.existsSync(path.join(each, 'nx.json'))) return each;
    if (each === path.dirname(each)) return folder;
  }
}
