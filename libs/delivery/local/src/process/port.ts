import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { promisify } from 'node:util';
import { LocalError } from '../errors.ts';

/** A process that listens on a port, as far as this user may know. */
export interface PortHolder {
  readonly pid: number;
  readonly command: string;
}

const run = promisify(execFile);

/** Listens, or says who does. Port 0 takes any free one. */
export async function listen(host: string, port: number): Promise<Server> {
  const server = createServer();
  try {
    server.listen({ host, port, backlog: 511 });
    await once(server, 'listening');
    return server;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    const holder = await portHolder(port);
    const who = holder ? `by process ${holder.pid} (${holder.command})` : 'by another process';
    throw new LocalError('PORT_TAKEN', `port ${port} on ${host} is taken ${who}`, {
      cause,
      next: 'stop that process or choose another port',
    });
  }
}

/** A port that was free a moment ago; for programs that have to be told their port. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  const server = await listen(host, 0);
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Who listens on a TCP port; undefined if nobody does or it belongs to another user. */
export async function portHolder(port: number): Promise<PortHolder | undefined> {
  try {
    return process.platform === 'linux' ? await linuxHolder(port) : await lsofHolder(port);
  } catch {
    return undefined; // it only adorns an error message
  }
}

/** Socket inodes that listen on `port`, from the text of `/proc/net/tcp` or `tcp6`. */
export function listeningInodes(table: string, port: number): readonly string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(suffix) && fields[3] === '0A')
    .map((fields) => fields[9] ?? '');
}

async function linuxHolder(port: number): Promise<PortHolder | undefined> {
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFile(file, 'latin1').catch(() => '')),
  );
  const links = new Set(
    tables.flatMap((table) => listeningInodes(table, port)).map((inode) => `socket:[${inode}]`),
  );
  for (const pid of links.size === 0 ? [] : await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      if (!links.has(await readlink(`/proc/${pid}/fd/${fd}`).catch(() => ''))) continue;
      const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8');
      return { pid: Number(pid), command: commandLine.split('\0').join(' ').trim() };
    }
  }
  return undefined;
}

async function lsofHolder(port: number): Promise<PortHolder | undefined> {
  const { stdout } = await run('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']);
  const pid = /^p(\d+)$/m.exec(stdout)?.[1];
  return pid === undefined
    ? undefined
    : { pid: Number(pid), command: /^c(.+)$/m.exec(stdout)?.[1] ?? '' };
}
