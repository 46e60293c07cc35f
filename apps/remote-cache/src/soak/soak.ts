import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import * as http from 'node:http';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { issueToken, writeTokens } from '../access/token-file.ts';
import { bodyOf, nextOperation, seeded, type Operation } from './operations.ts';

/**
 * `nx run remote-cache:soak`: a day's work of a busy server in minutes. Uploads, reads and racing
 * uploads against the real server, which is killed without warning again and again; at the end every
 * acknowledged artifact is read back and compared byte for byte.
 */
const CONNECTIONS = 32;

interface Tally {
  operations: number;
  stored: number;
  exists: number;
  hits: number;
  misses: number;
  broken: number;
  kills: number;
}

async function soak(): Promise<number> {
  const { values } = parseArgs({
    options: {
      short: { type: 'boolean', default: false },
      operations: { type: 'string', default: '1000000' },
      kills: { type: 'string', default: '24' },
      seed: { type: 'string', default: '1' },
    },
  });
  const operations = values.short ? 20_000 : Number(values.operations);
  const kills = values.short ? 4 : Number(values.kills);
  const dir = resolve('tmp/remote-cache-soak');
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const grant = { scope: 'trusted', mode: 'read-write' } as const;
  const { text, record } = issueToken(grant, 'soak', Date.now(), null);
  writeTokens(join(dir, 'tokens.json'), { tokens: [record], revokedSessions: [] });

  const random = seeded(Number(values.seed));
  /** What the server acknowledged: the digest of the body that won. */
  const acknowledged = new Map<string, string>();
  const tally = { operations: 0, stored: 0, exists: 0, hits: 0, misses: 0, broken: 0, kills: 0 };
  const problems: string[] = [];
  let server = await startServer(dir, 0);
  const killAt = new Set(
    Array.from({ length: kills }, (_, n) => Math.floor(((n + 1) * operations) / (kills + 1))),
  );
  const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const startedAt = Date.now();
  let restarting: Promise<void> | undefined;

  const worker = async () => {
    while (tally.operations < operations && problems.length === 0) {
      const at = tally.operations++;
      if (killAt.has(at)) {
        restarting = (async () => {
          server.child.kill('SIGKILL');
          await once(server.child, 'exit');
          tally.kills++;
          server = await startServer(dir, server.port);
          restarting = undefined;
        })();
      }
      if (restarting) await restarting;
      if (at > 0 && at % 100_000 === 0) report(tally, startedAt);
      const operation = nextOperation(random, acknowledged.size);
      await play(
        operation,
        { port: server.port, token: text, agent },
        acknowledged,
        tally,
        problems,
      );
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  if (restarting) await restarting;
  report(tally, startedAt);

  // A last kill, so that what is compared is what a fresh process finds on disk.
  server.child.kill('SIGKILL');
  await once(server.child, 'exit');
  server = await startServer(dir, server.port);
  const names = [...acknowledged];
  let lost = 0;
  let damaged = 0;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      for (let next = names.pop(); next; next = names.pop()) {
        const reply = await send('GET', next[0], { port: server.port, token: text, agent });
        if (reply.status !== 200) lost++;
        else if (digestOf(reply.body) !== next[1]) damaged++;
      }
    }),
  );
  agent.destroy();
  server.child.kill('SIGTERM');
  await once(server.child, 'exit');
  rmSync(dir, { recursive: true });

  for (const problem of problems) console.log(`  ${problem}`);
  console.log(
    `${acknowledged.size} acknowledged artifacts after ${tally.kills + 1} kills: ${lost} lost, ${damaged} damaged`,
  );
  return lost === 0 && damaged === 0 && problems.length === 0 ? 0 : 1;
}

interface Target {
  readonly port: number;
  readonly token: string;
  readonly agent: http.Agent;
}

async function play(
  operation: Operation,
  target: Target,
  acknowledged: Map<string, string>,
  tally: Tally,
  problems: string[],
): Promise<void> {
  const { hash } = operation;
  try {
    if (operation.kind === 'read') {
      const expected = acknowledged.get(hash);
      const reply = await send('GET', hash, target);
      if (reply.status === 200) {
        tally.hits++;
        if (expected && digestOf(reply.body) !== expected) problems.push(`${hash} is another body`);
      } else if (reply.status === 404) {
        tally.misses++;
        if (expected) problems.push(`${hash} was acknowledged and is gone`);
      } else problems.push(`a read was answered ${reply.status}`);
      return;
    }
    const body = bodyOf(operation);
    const reply = await send('PUT', hash, target, body);
    if (reply.status === 200) {
      tally.stored++;
      if (acknowledged.has(hash)) problems.push(`${hash} was acknowledged twice`);
      acknowledged.set(hash, digestOf(body));
    } else if (reply.status === 409) tally.exists++;
    else problems.push(`a write was answered ${reply.status}`);
  } catch {
    // The server was killed under this request: nothing was acknowledged, so nothing is owed.
    tally.broken++;
  }
}

function send(
  method: 'GET' | 'PUT',
  hash: string,
  { port, token, agent }: Target,
  body?: Buffer,
): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        host: '127.0.0.1',
        port,
        method,
        agent,
        path: `/v1/cache/${hash}`,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body && { 'content-length': body.length }),
        },
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.once('error', reject);
        response.once('end', () => {
          if (!response.complete) return reject(new Error('cut off'));
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts) });
        });
      },
    );
    request.once('error', reject);
    request.end(body);
  });
}

async function startServer(
  dir: string,
  port: number,
): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const main = join(import.meta.dirname, '../main.js');
  const child = spawn(
    process.execPath,
    [
      ...['--max-semi-space-size=1', main, 'serve', '--dir', dir, '--port', String(port)],
      ...['--max-writes-per-minute', '100000000', '--min-free-bytes', '0'],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const { stdout } = child;
  if (!stdout) throw new Error('the server has no output');
  for await (const line of createInterface({ input: stdout })) {
    const started = /remote cache at \S+:(\d+),/.exec(line)?.[1];
    if (started) return { child, port: Number(started) };
  }
  throw new Error('the server ended before it listened');
}

function digestOf(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}

function report(tally: Tally, startedAt: number): void {
  const { operations, stored, exists, hits, misses, broken, kills } = tally;
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(0);
  console.log(
    `${operations} operations in ${seconds} s: ${stored} stored, ${exists} refused as existing, ${hits} hits, ${misses} misses, ${broken} broken by ${kills} kills`,
  );
}

process.exitCode = await soak();
