import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import down from '../executors/down/down.ts';

/**
 * Serves its own version. `migrate` and `migrations` work on `migrations.json` beside it and on a file
 * that stands for the database.
 */
const PROGRAM = `
const fs = require('node:fs');
const path = require('node:path');
const brought = JSON.parse(fs.readFileSync(path.join(__dirname, 'migrations.json'), 'utf8'));
const applied = fs.existsSync(process.env.STATE || '') ? JSON.parse(fs.readFileSync(process.env.STATE, 'utf8')) : [];
if (process.argv[2] === 'migrations') {
  for (const { tag, sql } of brought)
    console.log(JSON.stringify({ event: 'migration', tag, sql,
      ...(process.env.STATE ? { pending: !applied.includes(tag) } : {}) }));
  process.exit(0);
}
if (process.argv[2] === 'migrate') {
  for (const { tag } of brought) if (!applied.includes(tag)) console.log(JSON.stringify({ event: 'migrated', tag }));
  fs.writeFileSync(process.env.STATE, JSON.stringify([...new Set([...applied, ...brought.map(({ tag }) => tag)])]));
  process.exit(0);
}
require('node:http').createServer((request, response) => response.end('fine'))
  .listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
`;

export interface Migration {
  readonly tag: string;
  readonly sql: string;
}

/** A workspace in a temporary folder with one small service, and the environment file for it. */
export class SmallWorkspace {
  readonly root: string;
  readonly context: ExecutorContext;
  readonly options = { environment: 'environment.json' };

  private constructor(root: string) {
    this.root = root;
    // The executors look at nothing else of it.
    this.context = { root } as ExecutorContext;
  }

  static async create(): Promise<SmallWorkspace> {
    const root = await mkdtemp(path.join(os.tmpdir(), 'deploy-'));
    // PostgreSQL runs as a user of its own when the tests run as root.
    await chmod(root, 0o755);
    await symlink(path.join(__dirname, '..', '..', '..', '..', 'libs'), path.join(root, 'libs'));
    const workspace = new SmallWorkspace(root);
    await workspace.build('one');
    await workspace.configure({});
    return workspace;
  }

  /** Makes the service's build; another version is another digest. */
  async build(version: string, migrations: readonly Migration[] = []): Promise<void> {
    const folder = path.join(this.root, 'dist');
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'main.cjs'), `// ${version}\n${PROGRAM}`);
    await writeFile(path.join(folder, 'migrations.json'), JSON.stringify(migrations));
  }

  /** Writes the environment file, with `change` over its defaults. */
  async configure(change: object): Promise<void> {
    const file = {
      name: 'small',
      folder: 'deployed',
      database: 'small',
      services: [
        {
          name: 'backend',
          artifact: 'dist',
          args: ['main.cjs'],
          migrateArgs: ['main.cjs', 'migrate'],
          migrationsArgs: ['main.cjs', 'migrations'],
          port: 0,
          healthPath: '/',
          probePath: '/',
          smokePath: '/',
          environment: { STATE: path.join(this.root, 'applied.json') },
        },
      ],
      times: {
        healthTimeoutSeconds: 30,
        proofMinSamples: 20,
        proofTimeoutSeconds: 30,
        drainQuietSeconds: 0.2,
        drainTimeoutSeconds: 30,
      },
      canary: { stages: [{ weight: 50, seconds: 0.5, minSamples: 5 }] },
      limits: { maxP99Ms: 10_000, maxErrorRate: 0.2, minP50DifferenceMs: 5_000 },
      traffic: {
        service: 'backend',
        requestsPerSecond: 100,
        operations: [{ name: 'get', weight: 1, method: 'GET', path: '/' }],
      },
      ...change,
    };
    await writeFile(path.join(this.root, 'environment.json'), JSON.stringify(file));
  }

  async remove(): Promise<void> {
    await down({ ...this.options, purge: true, takeOver: true }, this.context);
    await rm(this.root, { recursive: true, force: true });
  }
}
