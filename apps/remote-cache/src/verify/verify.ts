import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { readServerConfig } from '../config.ts';
import { issueToken, writeTokens } from '../access/token-file.ts';
import { startServer } from '../start-server.ts';
import { judgeSecondRun } from './second-run.ts';

/**
 * `nx run remote-cache:verify`: runs the workspace's own targets in two fresh clones, one after the
 * other, through the real server and the guard, and shows that the second was served by the first.
 * What counts is what the server counted.
 */
async function verify(): Promise<number> {
  const { values } = parseArgs({
    options: {
      projects: { type: 'string', default: '' },
      targets: { type: 'string', default: 'lint,typecheck,test,build' },
      ref: { type: 'string', default: 'HEAD' },
    },
  });
  const home = mkdtempSync(join(tmpdir(), 'remote-cache-verify-'));
  const dir = join(home, 'cache');
  const config = readServerConfig(['--dir', dir, '--port', '0'], {});
  const grant = { scope: 'trusted', mode: 'read-write' } as const;
  const { text, record } = issueToken(grant, 'verify', Date.now(), null);
  writeTokens(join(dir, 'tokens.json'), { tokens: [record], revokedSessions: [] });
  const quiet = () => undefined;
  const warn = (fields: object) => console.error(JSON.stringify(fields));
  const server = await startServer(config, { debug: quiet, info: quiet, warn, error: warn });
  try {
    const { statistics } = server.services;
    const runs = [];
    for (const name of ['first', 'second']) {
      const before = { hits: statistics.hits, stored: statistics.stored };
      const clone = cloneInto(join(home, name), values.ref);
      const startedAt = Date.now();
      const code = await runTargets(clone, values, { server: server.url, token: text });
      runs.push({
        name,
        code,
        seconds: (Date.now() - startedAt) / 1000,
        hits: statistics.hits - before.hits,
        stored: statistics.stored - before.stored,
        tasks: recordedTasks(clone),
      });
    }
    const [first, second] = runs;
    if (!first || !second) return 1;
    for (const { name, code, seconds, hits, stored, tasks } of runs) {
      console.log(
        `${name.padEnd(6)}  ${tasks.length} tasks  ${hits} hits and ${stored} writes counted by the server  ${seconds.toFixed(0)} s  exit ${code}`,
      );
    }
    const problems = judgeSecondRun(first, second);
    for (const problem of problems) console.log(`  ${problem}`);
    console.log(problems.length === 0 ? 'the second clone was served by the first' : 'not served');
    return problems.length === 0 ? 0 : 1;
  } finally {
    await server.close();
    rmSync(home, { recursive: true, force: true });
  }
}

/** Installed packages are linked, not installed again: what is verified is the cache. */
function cloneInto(folder: string, ref: string): string {
  const workspace = resolve('.');
  execFileSync('git', ['clone', '--quiet', '--no-checkout', workspace, folder]);
  const commit = execFileSync('git', ['rev-parse', ref], { cwd: workspace }).toString().trim();
  execFileSync('git', ['checkout', '--quiet', '--detach', commit], { cwd: folder });
  execFileSync('cp', ['-al', join(workspace, 'node_modules'), join(folder, 'node_modules')]);
  return folder;
}

function runTargets(
  clone: string,
  { projects, targets }: { readonly projects: string; readonly targets: string },
  cache: { readonly server: string; readonly token: string },
): Promise<number> {
  const nx = join(clone, 'node_modules/nx/dist/bin/nx.js');
  const selection = projects === '' ? ['--all'] : [`--projects=${projects}`];
  const command = [nx, 'run-many', '-t', ...targets.split(','), ...selection];
  const guard = join(clone, 'apps/remote-cache/guard/guard.mjs');
  const child = spawn(process.execPath, [guard, 'run', '--', process.execPath, ...command], {
    cwd: clone,
    stdio: 'inherit',
    env: {
      ...withoutNx(process.env),
      NX_DAEMON: 'false',
      NX_CACHE_DIRECTORY: join(clone, '.nx/cache'),
      NX_WORKSPACE_DATA_DIRECTORY: join(clone, '.nx/data'),
      NX_SELF_HOSTED_REMOTE_CACHE_SERVER: cache.server,
      NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN: cache.token,
    },
  });
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}

/** This command is itself a task of Nx, whose variables would reach the tasks in the clones. */
function withoutNx(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith('NX_')),
  );
}

const runSchema = z.object({
  tasks: z.array(z.object({ taskId: z.string(), cacheStatus: z.string() })),
});

function recordedTasks(clone: string) {
  const path = join(clone, '.nx/cache/run.json');
  return runSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).tasks;
}

process.exitCode = await verify();
