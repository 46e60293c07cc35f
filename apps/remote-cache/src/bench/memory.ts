import { readFileSync, writeFileSync } from 'node:fs';
import type * as net from 'node:net';
import type { Contender } from './contenders.ts';
import type { Verdict } from './goals.ts';
import { connect, readLoad, upload } from './load.ts';

const MIB = 2 ** 20;
const CONNECTIONS = 64;
const GOAL_BYTES = 128 * MIB;

/** Peak memory while 64 clients each move 64 MiB, or stand still in the middle of it. */
export async function measureMemory(
  contender: Contender,
  memoryTierBytes: number,
  largeHash: string,
  body: Buffer,
): Promise<readonly Verdict[]> {
  const limit = GOAL_BYTES + memoryTierBytes;
  const phases = [
    ['64 × GET 64 MiB', () => readLoad(contender, largeHash, CONNECTIONS, 4).then(() => undefined)],
    ['64 × PUT 64 MiB', () => uploadAll(contender, body)],
    ['64 × stalled PUT', () => stall(contender, body)],
    ['64 × stalled GET', () => stallReads(contender, largeHash)],
  ] as const;
  const verdicts: Verdict[] = [];
  for (const [name, play] of phases) {
    // Writing 5 forgets the peak so far.
    writeFileSync(`/proc/${contender.pid}/clear_refs`, '5');
    await play();
    const peak = peakOf(contender.pid);
    contender.clean();
    verdicts.push({
      goal: `peak memory, ${name}`,
      wanted: `≤ ${limit / MIB} MiB`,
      got: `${Math.round(peak / MIB)} MiB`,
      isReached: peak <= limit,
    });
  }
  return verdicts;
}

async function uploadAll(contender: Contender, body: Buffer): Promise<void> {
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async (_, n) => {
      const socket = await connect(contender.port);
      await upload(socket, contender, `put-memory-${n}`, body);
      socket.destroy();
    }),
  );
}

async function stall(contender: Contender, body: Buffer): Promise<void> {
  const headers = Object.entries(contender.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const sockets = await openAll(contender);
  sockets.forEach((socket, n) => {
    const head = `PUT ${contender.pathOf(`put-stalled-${n}`)} HTTP/1.1\r\nHost: b\r\n`;
    socket.write(`${head}${headers.join('')}Content-Length: ${body.length}\r\n\r\n`);
    socket.write(body.subarray(0, body.length / 2));
  });
  await settle(sockets);
}

async function stallReads(contender: Contender, hash: string): Promise<void> {
  const headers = Object.entries(contender.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const sockets = await openAll(contender);
  for (const socket of sockets) {
    socket.pause();
    socket.write(`GET ${contender.pathOf(hash)} HTTP/1.1\r\nHost: b\r\n${headers.join('')}\r\n`);
  }
  await settle(sockets);
}

function openAll(contender: Contender): Promise<net.Socket[]> {
  return Promise.all(Array.from({ length: CONNECTIONS }, () => connect(contender.port)));
}

/** Long enough for every buffer on the way to be full. */
async function settle(sockets: readonly net.Socket[]): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 4000));
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 500));
}

function peakOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}
