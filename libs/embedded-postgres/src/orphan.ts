import { spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

/** What the process in between is told. */
interface Order {
  readonly program: string;
  readonly args: readonly string[];
  readonly options: Pick<SpawnOptions, 'cwd' | 'env' | 'uid' | 'gid'>;
}

/** Reads its order from stdin, answers with the program's number or with what is wrong, and is gone. */
const STARTER = `
const { spawn } = require('node:child_process');
const { readFileSync, writeSync } = require('node:fs');
const { program, args, options } = JSON.parse(readFileSync(0, 'utf8'));
const child = spawn(program, args, { ...options, detached: true, stdio: ['ignore', 1, 2] });
child.once('spawn', () => { writeSync(3, String(child.pid)); process.exit(0); });
child.once('error', (error) => { writeSync(3, error.message); process.exit(1); });
`;

/**
 * Starts a program that is nobody's descendant: Nx ends an executor together with all that descends from it,
 * in whatever session it is, and a detached server has to outlive that. Resolves with its number, or with a
 * sentence on why there is none.
 */
export async function spawnOrphan(order: Order, logFd: number): Promise<number | string> {
  const starter = spawn(process.execPath, ['-e', STARTER], {
    env: {},
    detached: true,
    stdio: ['pipe', logFd, logFd, 'pipe'],
  });
  const exited = once(starter, 'exit');
  starter.stdin?.on('error', () => undefined).end(JSON.stringify(order));
  let answer = '';
  const answers = starter.stdio[3] as Readable;
  for await (const chunk of answers.setEncoding('utf8') as AsyncIterable<string>) answer += chunk;
  await exited;
  return /^\d+$/.test(answer) ? Number(answer) : answer || 'its starter ended at once';
}
