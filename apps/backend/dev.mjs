/**
 * Serves the backend while it is being written: bundles it as the build does, and on every change starts
 * it anew. With nothing configured it brings its own PostgreSQL. Ctrl-C ends all of it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { context } from 'esbuild';
import config from './esbuild.config.cjs';

const root = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const outfile = path.join(root, 'tmp', 'dev', 'main.js');

let server;
let turn = Promise.resolve();
let stopping = false;

async function stop() {
  if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
  const exited = once(server, 'exit');
  server.kill('SIGTERM');
  await exited;
}

/** Restarts wait for each other: two changes in a row must not leave two servers. */
function restart() {
  turn = turn.then(async () => {
    await stop();
    if (stopping) return;
    // A group of its own keeps Ctrl-C in the terminal from arriving twice.
    server = spawn(process.execPath, ['--enable-source-maps', outfile], {
      stdio: 'inherit',
      detached: true,
    });
  });
}

const bundle = await context({
  ...config,
  entryPoints: [path.join(root, 'src', 'main.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  logLevel: 'warning',
  plugins: [
    ...config.plugins,
    {
      name: 'restart',
      setup: (build) =>
        build.onEnd((result) => {
          // With an error in the source the last good server keeps running.
          if (result.errors.length === 0) restart();
        }),
    },
  ],
});
await bundle.watch();

function end() {
  if (stopping) return;
  stopping = true;
  clearInterval(orphanWatch);
  turn = turn.then(stop).then(() => bundle.dispose());
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, end);

// Killed with SIGKILL, a parent cannot pass anything on; its child finds itself with another parent.
const parent = process.ppid;
const orphanWatch = setInterval(() => process.ppid !== parent && end(), 1_000);
