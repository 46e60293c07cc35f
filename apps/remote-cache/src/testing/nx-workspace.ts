import { execFileSync, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** One task as Nx recorded it in `run.json`. */
export interface RecordedTask {
  readonly projectName: string;
  readonly hash: string;
  readonly cacheStatus: 'remote-cache-hit' | 'local-cache-hit' | 'cache-miss';
  readonly status: number;
}

export interface NxRun {
  readonly code: number;
  readonly output: string;
  readonly tasks: readonly RecordedTask[];
}

/** Nx's own entry, of the version that this workspace uses. */
const nx = require.resolve('nx/package.json').replace(/package\.json$/, 'dist/bin/nx.js');
const guard = join(__dirname, '../../guard/guard.mjs');

/**
 * A generated Nx workspace: projects whose `build` runs `tools/compile.sh`, which is no input of the
 * task, as a workflow's own steps are not. Each clone has its own local cache, so that every hit is the
 * server's. Nx itself is the real one, by a link.
 */
export class NxWorkspace {
  readonly #home: string;
  readonly folder: string;

  private constructor(home: string, folder: string) {
    this.#home = home;
    this.folder = folder;
  }

  static create(projects: readonly string[], compile: string): NxWorkspace {
    const home = fs.mkdtempSync(join(tmpdir(), 'nx-workspace-'));
    const origin = new NxWorkspace(home, join(home, 'origin'));
    origin.write('nx.json', {
      neverConnectToCloud: true,
      analytics: false,
      tui: { enabled: false },
      targetDefaults: {
        build: {
          cache: true,
          dependsOn: ['^build'],
          inputs: ['{projectRoot}/src/**/*'],
          outputs: ['{projectRoot}/dist'],
        },
      },
    });
    origin.write('package.json', { name: 'generated', private: true, workspaces: ['packages/*'] });
    origin.write('.gitignore', 'node_modules\ndist\n.nx\n');
    origin.write('tools/compile.sh', compile);
    projects.forEach((name, at) => {
      const previous = projects[at - 1];
      const implicitDependencies = previous === undefined ? [] : [previous];
      const command = `sh tools/compile.sh packages/${name}`;
      origin.write(`packages/${name}/src/in.txt`, `${name}\n`);
      origin.write(`packages/${name}/package.json`, {
        name,
        nx: { implicitDependencies, targets: { build: { command } } },
      });
    });
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=spec', '-c', 'user.email=spec@localhost', ...args], {
        cwd: origin.folder,
        stdio: 'ignore',
      });
    git('init', '--initial-branch=main');
    git('add', '.');
    git('commit', '--message=generate');
    return origin;
  }

  /** A fresh clone: no outputs and no local cache. */
  clone(name: string): NxWorkspace {
    const folder = join(this.#home, name);
    execFileSync('git', ['clone', '--quiet', join(this.#home, 'origin'), folder]);
    fs.mkdirSync(join(folder, 'node_modules'));
    fs.symlinkSync(dirname(dirname(dirname(nx))), join(folder, 'node_modules/nx'));
    return new NxWorkspace(this.#home, folder);
  }

  write(path: string, content: string | object): void {
    const file = join(this.folder, path);
    fs.mkdirSync(dirname(file), { recursive: true });
    fs.writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  }

  read(path: string): string {
    return fs.readFileSync(join(this.folder, path), 'utf8');
  }

  /** `nx run-many -t build` against `server`, bare or behind the guard. */
  build(
    cache: { readonly server: string; readonly token: string },
    options: { readonly isGuarded?: boolean; readonly env?: Record<string, string> } = {},
  ): Promise<NxRun> {
    const command = [nx, 'run-many', '-t', 'build', '--parallel=2'];
    const args = options.isGuarded ? [guard, 'run', '--', process.execPath, ...command] : command;
    const child = spawn(process.execPath, args, {
      cwd: this.folder,
      env: {
        PATH: process.env['PATH'],
        HOME: this.#home,
        NX_DAEMON: 'false',
        NX_CACHE_DIRECTORY: join(this.folder, '.nx/cache'),
        NX_WORKSPACE_DATA_DIRECTORY: join(this.folder, '.nx/data'),
        NX_SELF_HOSTED_REMOTE_CACHE_SERVER: cache.server,
        NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN: cache.token,
        ...options.env,
      },
    });
    return new Promise((resolve) => {
      let output = '';
      child.stdout.on('data', (part: Buffer) => (output += part.toString()));
      child.stderr.on('data', (part: Buffer) => (output += part.toString()));
      child.on('close', (code) => resolve({ code: code ?? 1, output, tasks: this.#recorded() }));
    });
  }

  remove(): void {
    fs.rmSync(this.#home, { recursive: true, force: true });
  }

  #recorded(): readonly RecordedTask[] {
    const path = join(this.folder, '.nx/cache/run.json');
    if (!fs.existsSync(path)) return [];
    return (JSON.parse(fs.readFileSync(path, 'utf8')) as { tasks: RecordedTask[] }).tasks;
  }
}
