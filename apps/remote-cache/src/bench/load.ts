import { execFile } from 'node:child_process';
import * as net from 'node:net';
import { promisify } from 'node:util';
import { LOAD_CORE, type Contender } from './contenders.ts';
import type { Sample } from './goals.ts';

/** Reads one artifact over and over, by wrk: a client written in C, so that it is not the limit. */
export async function readLoad(
  contender: Contender,
  hash: string,
  connections: number,
  seconds: number,
): Promise<Sample> {
  const headers = Object.entries(contender.headers).flatMap(([name, value]) => [
    '-H',
    `${name}: ${value}`,
  ]);
  const url = `http://127.0.0.1:${contender.port}${contender.pathOf(hash)}`;
  const { stdout } = await promisify(execFile)('taskset', [
    ...['-c', LOAD_CORE, 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`],
    ...['--timeout', '60s', '--latency', ...headers, url],
  ]);
  return parseWrk(stdout);
}

/** Requests per second and the 99th percentile from wrk's report. */
export function parseWrk(report: string): Sample {
  if (/Non-2xx or 3xx responses/.test(report)) throw new Error(`wrk met errors:\n${report}`);
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(report)?.[1]);
  const [, value, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(report) ?? [];
  const factor = { us: 0.001, ms: 1, s: 1000 }[unit ?? ''];
  const p99Ms = factor === undefined ? undefined : Number(value) * factor;
  return { perSecond, p99Ms };
}

/** Uploads new artifacts one after the other on each connection; bodies are sent without a copy. */
export async function writeLoad(
  contender: Contender,
  body: Buffer,
  connections: number,
  seconds: number,
  round: number,
): Promise<Sample> {
  const startedAt = performance.now();
  const endAt = startedAt + seconds * 1000;
  const latencies: number[] = [];
  let serial = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = await connect(contender.port);
      while (performance.now() < endAt) {
        const hash = `put-${round}-${process.pid}-${serial++}`;
        const sentAt = performance.now();
        const status = await upload(socket, contender, hash, body);
        if (status >= 300) throw new Error(`${contender.name} answered ${status} to an upload`);
        latencies.push(performance.now() - sentAt);
      }
      socket.destroy();
    }),
  );
  const elapsed = (performance.now() - startedAt) / 1000;
  const p99Ms = latencies.toSorted((a, b) => a - b)[Math.floor(latencies.length * 0.99)];
  return { perSecond: latencies.length / elapsed, p99Ms };
}

/** Sends one upload and resolves with the answer's status. */
export function upload(
  socket: net.Socket,
  { headers, pathOf }: Contender,
  hash: string,
  body: Buffer,
): Promise<number> {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.cork();
  socket.write(
    `PUT ${pathOf(hash)} HTTP/1.1\r\nHost: bench\r\n${lines.join('')}Content-Length: ${body.length}\r\n\r\n`,
  );
  socket.write(body);
  socket.uncork();
  return new Promise((resolve, reject) => {
    let answer = '';
    const onData = (part: Buffer) => {
      answer += part.toString('latin1');
      const head = answer.indexOf('\r\n\r\n');
      if (head === -1) return;
      const length = Number(/content-length: (\d+)/i.exec(answer)?.[1] ?? 0);
      if (answer.length < head + 4 + length) return;
      socket.off('data', onData);
      socket.off('close', onClose);
      resolve(Number(answer.slice(9, 12)));
    };
    const onClose = () => reject(new Error('the connection was closed'));
    socket.on('data', onData);
    socket.once('close', onClose);
  });
}

export async function connect(port: number): Promise<net.Socket> {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve).once('error', reject);
  });
  socket.on('error', () => undefined);
  return socket;
}
