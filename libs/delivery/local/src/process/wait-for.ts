import { connect } from 'node:net';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { LocalError } from '../errors.ts';
import { isAlive, type ProcessIdentity } from './process-identity.ts';
import { tailLog } from './log-tail.ts';

/** How long a condition may take, and what makes waiting for it pointless. */
export interface WaitOptions {
  readonly timeoutMs: number;
  /** Waiting ends at once when this process does. */
  readonly process?: ProcessIdentity;
  /** Its last lines go into the error. */
  readonly logFile?: string;
  readonly signal?: AbortSignal;
}

const PAUSE_MS = 20;

/** Waits until something accepts connections at the address. */
export async function waitForPort(
  address: { readonly host: string; readonly port: number },
  options: WaitOptions,
): Promise<void> {
  await waitFor(`${address.host}:${address.port} to accept connections`, options, async () =>
    (await accepts(address.host, address.port)) ? true : undefined,
  );
}

/** Waits until a line of the file matches, and returns that line. */
export async function waitForLogLine(
  logFile: string,
  pattern: RegExp,
  options: WaitOptions,
): Promise<string> {
  let offset = 0;
  let rest = '';
  return waitFor(`a line like ${String(pattern)}`, { logFile, ...options }, async () => {
    const text = await readFrom(logFile, offset);
    offset += text.length;
    const lines = (rest + text.toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    return lines.find((line) => pattern.test(line));
  });
}

/** Looks again every few milliseconds until `look` finds something; ends early with the process. */
async function waitFor<T>(
  what: string,
  options: WaitOptions,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    // Asked before looking: what a process said right before its end still counts.
    const ended = options.process !== undefined && !(await isAlive(options.process));
    const found = await look();
    if (found !== undefined) return found;
    if (ended) throw await waitFailed(`its process ended while waiting for ${what}`, options);
    if (options.signal?.aborted) throw await waitFailed(`gave up waiting for ${what}`, options);
    if (performance.now() >= deadline) {
      throw await waitFailed(`waited ${options.timeoutMs} ms in vain for ${what}`, options);
    }
    await sleep(PAUSE_MS);
  }
}

async function waitFailed(message: string, { logFile }: WaitOptions): Promise<LocalError> {
  if (logFile === undefined) return new LocalError('WAIT_FAILED', message);
  const tail = await tailLog(logFile, 10);
  return new LocalError('WAIT_FAILED', tail === '' ? message : `${message}\n${tail}`, {
    next: `read ${logFile}`,
  });
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const done = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
    socket.once('timeout', () => done(false));
  });
}

async function readFrom(file: string, offset: number): Promise<Buffer> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) return Buffer.alloc(0);
  try {
    const { size } = await handle.stat();
    const buffer = Buffer.alloc(Math.max(0, size - offset));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
