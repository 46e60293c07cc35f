import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import readline from 'node:readline';
import type { Readable } from 'node:stream';

export const bundleFolder = path.join(__dirname, '..', '..', 'backend', 'dist');

export interface RunOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Default: the built bundle. */
  readonly folder?: string;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A log line; the tests look at these fields. */
export interface LogLine {
  readonly event?: string;
  readonly msg?: string;
  readonly port?: number;
  readonly [field: string]: unknown;
}

/** The backend as an operator has it: a process with an environment, output, signals and an exit code. */
export class BackendProcess {
  readonly stdout: LogLine[] = [];
  readonly stderr: LogLine[] = [];
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  #watchers: (() => void)[] = [];
  #over = false;

  constructor({ args = [], env = {}, cwd, folder = bundleFolder }: RunOptions = {}) {
    this.#child = spawn(process.execPath, [path.join(folder, 'main.js'), ...args], {
      env: { PATH: process.env['PATH'], PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(cwd !== undefined && { cwd }),
    });
    this.#collect(this.#child.stdout, this.stdout);
    this.#collect(this.#child.stderr, this.stderr);
    this.ended = once(this.#child, 'close').then(([code, signal]) => {
      this.#over = true;
      this.#notify();
      return { code, signal };
    });
  }

  /** The first line that fits, written already or not yet; fails when the process ends without one. */
  async line(fits: (line: LogLine) => boolean): Promise<LogLine> {
    for (;;) {
      const found = this.stdout.find(fits);
      if (found) return found;
      if (this.#over) throw new Error(`ended without that line: ${JSON.stringify(this.stderr)}`);
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
    }
  }

  /** Resolves to the base URL once the process accepts requests. */
  async listening(): Promise<string> {
    const { port } = await this.line(({ event }) => event === 'listening');
    return `http://127.0.0.1:${port}`;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async stop(): Promise<Ended> {
    this.signal('SIGTERM');
    return this.ended;
  }

  #collect(stream: Readable, lines: LogLine[]): void {
    readline.createInterface({ input: stream }).on('line', (text) => {
      lines.push(parseLine(text));
      this.#notify();
    });
  }

  #notify(): void {
    for (const watcher of this.#watchers.splice(0)) watcher();
  }
}

/** All output is JSON; what is not (a crash of Node itself) shows up as `msg`. */
function parseLine(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return { msg: text };
  }
}
