/**
 * Runs a k6 scenario against BASE_URL, or else against the built backend with a database of its own.
 * k6 itself is a single binary that must be on PATH; see https://grafana.com/docs/k6/latest/set-up/install-k6/.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';

const folder = import.meta.dirname;
const bundle = path.join(folder, '..', '..', 'backend', 'dist', 'main.js');

/** Arguments of k6; it would otherwise report its usage to its makers. */
function k6Arguments(baseUrl) {
  return [
    'run',
    '--no-usage-report',
    '--env',
    `BASE_URL=${baseUrl}`,
    path.join(folder, 'smoke.ts'),
  ];
}

/** Starts the bundle where no workspace is found, so that its embedded database is a temporary one. */
async function startBackend() {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'backend-load-'));
  // As root the embedded database runs as another user, who must get in.
  fs.chmodSync(home, 0o755);
  const server = spawn(process.execPath, [bundle], {
    cwd: home,
    env: { PATH: process.env.PATH, PORT: '0', LOG_LEVEL: 'info', REVISION: 'load' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(server, 'exit');
  const stop = async () => {
    server.kill('SIGTERM');
    await exited;
    fs.rmSync(home, { recursive: true, force: true });
  };
  for await (const line of readline.createInterface({ input: server.stdout })) {
    const { event, port } = JSON.parse(line);
    if (event !== 'listening') continue;
    server.stdout.resume();
    return { baseUrl: `http://127.0.0.1:${port}`, stop };
  }
  await stop();
  throw new Error('the backend ended before it listened');
}

async function main() {
  const { error } = spawnSync('k6', ['version'], { stdio: 'ignore' });
  if (error) {
    console.error('k6 is not on PATH, so no load was run: install k6 and run this target again');
    return 1;
  }
  const given = process.env.BASE_URL;
  const backend = given ? { baseUrl: given, stop: async () => undefined } : await startBackend();
  try {
    const k6 = spawn('k6', k6Arguments(backend.baseUrl), { stdio: 'inherit' });
    const [code] = await once(k6, 'exit');
    return code ?? 1;
  } finally {
    await backend.stop();
  }
}

process.exitCode = await main();
