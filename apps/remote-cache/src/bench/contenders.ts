import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as net from 'node:net';
import { join } from 'node:path';
import { issueToken, writeTokens } from '../access/token-file.ts';
import { RemoteCacheError } from '../remote-cache-error.ts';

/** A server under load. */
export interface Contender {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
  pathOf(hash: string): string;
  /** Removes what uploads left, between two rounds. */
  clean(): void;
  stop(): Promise<void>;
}

/** The peer from npm: the most used self-hosted cache of a build tool that runs on Node. */
const PEER = 'turborepo-remote-cache@2.12.0';
export const PEER_NAME = 'ducktors';

/** Every server runs on this core, and the load on the other. */
export const SERVER_CORE = '0';
export const LOAD_CORE = '1';

/**
 * As in the `serve` target and the image: with a small young generation the buffers of finished transfers
 * are freed soon, which takes 30 MiB off the peak.
 */
const SERVER_FLAGS = ['--max-semi-space-size=1'];

export async function startNginx(folder: string): Promise<Contender> {
  const port = await freePort();
  const files = join(folder, 'files');
  fs.mkdirSync(join(files, 'v1/cache'), { recursive: true });
  const config = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join('\n');
  fs.writeFileSync(
    config,
    `daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log crit;
worker_processes 1;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 1024; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000;
  client_max_body_size 0;
  ${temporary}
  server {
    listen 127.0.0.1:${port};
    location / { root ${files}; dav_methods PUT; create_full_put_path on; }
  }
}
`,
  );
  const child = pinned(['nginx', '-c', config, '-p', folder]);
  await untilListening(port, child);
  return {
    name: 'nginx',
    pid: child.pid ?? 0,
    port,
    headers: {},
    pathOf: (hash) => `/v1/cache/${hash}`,
    clean: () => removeUploads(join(files, 'v1/cache')),
    stop: () => stop(child, 'SIGQUIT'),
  };
}

/** Our server: `disk` without memory tier, `hot` with one that holds what is read. */
export async function startOurs(name: 'disk' | 'hot', folder: string): Promise<Contender> {
  const port = await freePort();
  const { text, record } = issueToken(
    { scope: 'trusted', mode: 'read-write' },
    'bench',
    Date.now(),
    null,
  );
  fs.mkdirSync(folder, { recursive: true });
  writeTokens(join(folder, 'tokens.json'), { tokens: [record], revokedSessions: [] });
  const main = join(import.meta.dirname, '../main.js');
  const child = pinned([
    process.execPath,
    ...SERVER_FLAGS,
    main,
    'serve',
    ...['--dir', folder, '--port', String(port), '--max-writes-per-minute', '100000000'],
    ...['--min-free-bytes', '0', '--memory-bytes', name === 'hot' ? '128MiB' : '0'],
  ]);
  await untilListening(port, child);
  return {
    name,
    pid: child.pid ?? 0,
    port,
    headers: { Authorization: `Bearer ${text}` },
    pathOf: (hash) => `/v1/cache/${hash}`,
    clean: () => removeUploads(join(folder, 'artifacts/trusted')),
    stop: () => stop(child, 'SIGTERM'),
  };
}

/** Installs the peer on first use, at the version named here. */
export async function startPeer(folder: string): Promise<Contender> {
  const port = await freePort();
  const home = join(folder, 'package');
  const cli = join(home, 'node_modules/turborepo-remote-cache/dist/cli.js');
  if (!fs.existsSync(cli)) {
    fs.mkdirSync(home, { recursive: true });
    fs.writeFileSync(join(home, 'package.json'), '{"private":true}');
    execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', PEER], {
      cwd: home,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
  const storage = join(folder, 'storage');
  const child = pinned([process.execPath, cli], {
    PORT: String(port),
    TURBO_TOKEN: 'bench',
    STORAGE_PROVIDER: 'local',
    STORAGE_PATH: storage,
    BODY_LIMIT: String(2 ** 30),
    LOG_LEVEL: 'silent',
    NODE_ENV: 'production',
  });
  await untilListening(port, child);
  return {
    name: PEER_NAME,
    pid: child.pid ?? 0,
    port,
    headers: { Authorization: 'Bearer bench', 'Content-Type': 'application/octet-stream' },
    pathOf: (hash) => `/v8/artifacts/${hash}?teamId=bench`,
    clean: () => removeUploads(storage),
    stop: () => stop(child, 'SIGTERM'),
  };
}

function pinned(command: readonly string[], env: Record<string, string> = {}): ChildProcess {
  return spawn('taskset', ['-c', SERVER_CORE, ...command], {
    stdio: 'ignore',
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
  });
}

/** Uploads are named `put-…`; what is read stays. Entries and bodies lie side by side, named apart. */
function removeUploads(folder: string): void {
  if (!fs.existsSync(folder)) return;
  for (const name of fs.readdirSync(folder, { recursive: true }).map(String)) {
    const isUpload = /(?:^|\/)put-[^/]*$/.test(name) && !name.endsWith('/');
    const path = join(folder, name);
    if (!isUpload || !fs.existsSync(path) || !fs.statSync(path).isFile()) continue;
    if (name.endsWith('.json')) {
      const { blob } = JSON.parse(fs.readFileSync(path, 'utf8')) as { blob: string };
      fs.rmSync(join(path, '..', blob), { force: true });
    }
    fs.rmSync(path);
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function untilListening(port: number, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) {
      throw new RemoteCacheError('SERVER_UNREACHABLE', `${child.spawnargs.join(' ')} ended`, {
        next: 'the benchmark needs Debian’s nginx, wrk and util-linux',
      });
    }
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}
