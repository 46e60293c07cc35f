import childProcess from 'node:child_process';
import fs from 'node:fs';
import files from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';

/**
 * When to die. Operations are counted from 1, in the order in which the process begins them. `torn` writes the
 * first half of what is appended and dies then; of operations that append nothing it is the same as `before`.
 */
export interface CrashPoint {
  readonly operation: number;
  readonly moment: 'before' | 'after' | 'torn';
}

/** Somebody sets the clock of the machine. */
export interface ClockJump {
  readonly operation: number;
  readonly byMs: number;
}

/** One operation as the trace has it: `17 append rollouts/3/journal.jsonl`. */
export interface TracedOperation {
  readonly number: number;
  readonly name: string;
  readonly detail: string;
}

type Anything = (...args: never[]) => unknown;

/**
 * Counts every call by which this process changes something outside of itself (files, processes, signals,
 * the load balancer), writes each to a trace, and ends the process by SIGKILL at one of them. It replaces
 * functions of Node's own modules, so that no product code knows of it. A file under a temporary name is
 * nobody's business until it is renamed or linked: making one does not count.
 */
export async function armCrashPoint({
  crash: point,
  clockJumps = [],
  traceFile,
  folder,
}: {
  readonly crash?: CrashPoint | undefined;
  readonly clockJumps?: readonly ClockJump[] | undefined;
  readonly traceFile: string;
  readonly folder: string;
}): Promise<void> {
  const kill = process.kill.bind(process);
  const trace = fs.openSync(traceFile, 'a');
  const now = Date.now.bind(Date);
  let clockOffsetMs = 0;
  let count = 0;
  Date.now = () => now() + clockOffsetMs;

  const die = (): void => {
    kill(process.pid, 'SIGKILL');
  };
  /** Notes an operation that is about to begin; says whether this process has to die in its course. */
  const begin = (name: string, detail: string): CrashPoint['moment'] | undefined => {
    count += 1;
    for (const jump of clockJumps) if (jump.operation === count) clockOffsetMs += jump.byMs;
    const shown = detail.startsWith(folder) ? path.relative(folder, detail) : detail;
    fs.writeSync(trace, `${count} ${name} ${shown}\n`);
    if (count !== point?.operation) return undefined;
    if (point.moment === 'before') die();
    return point.moment;
  };
  const replace = (owner: object, name: string, make: (original: Anything) => Anything): void => {
    const methods = owner as Record<string, Anything>;
    const original = methods[name];
    if (original) methods[name] = make(original);
  };
  const counted = (owner: object, name: string, isCounted: (target: string) => boolean): void => {
    replace(
      owner,
      name,
      (original) =>
        async function (this: unknown, ...args: never[]) {
          const target = String(args.at(name === 'rename' || name === 'link' ? 1 : 0));
          if (!isCounted(target)) return original.apply(this, args);
          const moment = begin(name, target);
          if (moment === 'torn') die();
          const result = await original.apply(this, args);
          if (moment) die();
          return result;
        },
    );
  };

  const isPublished = (target: string): boolean => !target.endsWith('.tmp');
  for (const name of ['rename', 'link', 'truncate', 'cp', 'writeFile']) {
    counted(files, name, isPublished);
  }
  counted(files, 'rm', (target) => isPublished(target) && fs.existsSync(target));
  counted(files, 'mkdir', (target) => !fs.existsSync(target));

  const probe = await files.open(traceFile, 'r');
  replace(
    Object.getPrototypeOf(probe) as object,
    'appendFile',
    (original) =>
      async function (this: unknown, ...args: never[]) {
        const moment = begin('append', 'journal');
        const text = String(args[0]);
        if (moment === 'torn') {
          await original.apply(this, [text.slice(0, text.length / 2)] as never[]);
          die();
        }
        const result = await original.apply(this, args);
        if (moment) die();
        return result;
      },
  );
  await probe.close();

  replace(childProcess, 'spawn', (original) => (...args: never[]) => {
    const moment = begin(
      'spawn',
      (args as unknown as readonly [string, readonly string[]])[1].join(' '),
    );
    if (moment === 'torn') die();
    const child = original(...args);
    if (moment) die();
    return child;
  });
  replace(process, 'kill', (original) => (...args: never[]) => {
    const moment = begin('kill', String(args[1]));
    if (moment === 'torn') die();
    const result = original.apply(process, args);
    if (moment) die();
    return result;
  });
  replace(http, 'request', (original) => (...args: never[]) => {
    const [url, options] = args as unknown as readonly [unknown, http.RequestOptions?];
    if (options?.method !== 'PUT') return original(...args);
    const moment = begin('put', String(url).replace(/^http:\/\/[^/]+/, ''));
    if (moment === 'torn') die();
    const request = original(...args) as http.ClientRequest;
    if (moment) request.prependOnceListener('response', die);
    return request;
  });
}

/** The operations of a trace file's text, in order. */
export function parseTrace(text: string): readonly TracedOperation[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [number = '', name = '', ...detail] = line.split(' ');
      return { number: Number(number), name, detail: detail.join(' ') };
    });
}
