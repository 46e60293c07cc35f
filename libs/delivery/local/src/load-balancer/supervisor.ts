import { type ChildProcess, spawn } from 'node:child_process';
import type { CountsSnapshot } from './load-balancer.ts';
import { log, type WorkerReport, type WorkerStart } from './worker.ts';

/** Fewer collections of short-lived garbage: a request's objects die before the next one runs. */
const NODE_FLAGS = ['--max-semi-space-size=32'];
/** Between starts of workers that end before they serve: something is wrong for longer. */
const MAX_PAUSE_MS = 5_000;

/**
 * Keeps one worker running. The listening sockets, descriptors 3 and up, are only held and never read here:
 * they stay open while no worker runs, so a client sees a reset connection at most, never a refused one.
 */
export class Supervisor {
  readonly #program: string;
  readonly #configFile: string;
  readonly #listeners: number;
  #worker: ChildProcess | undefined;
  #generation = 0;
  readonly #countingSince = Date.now();
  #counts: CountsSnapshot = {};
  #hasServed = false;
  #pauseMs = 0;
  #stopping = false;

  constructor(program: string, configFile: string, listeners: number) {
    this.#program = program;
    this.#configFile = configFile;
    this.#listeners = listeners;
  }

  run(): void {
    process.on('SIGTERM', () => this.#stop());
    process.on('SIGINT', () => this.#stop());
    this.#start();
  }

  #start(): void {
    this.#generation++;
    this.#hasServed = false;
    const listeners = Array.from({ length: this.#listeners }, (_, index) => 3 + index);
    const worker = spawn(process.execPath, [...NODE_FLAGS, this.#program, 'worker'], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...listeners],
    });
    this.#worker = worker;
    worker.on('message', (message) => {
      this.#hasServed = true;
      this.#counts = (message as WorkerReport).counts;
    });
    worker.on('exit', (code, signal) => this.#exited(code, signal));
    worker.send({
      configFile: this.#configFile,
      generation: this.#generation,
      countingSince: this.#countingSince,
      earlier: this.#counts,
    } satisfies WorkerStart);
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    this.#worker = undefined;
    if (this.#stopping) {
      process.exit(code === 0 ? 0 : 1);
    }
    if (!this.#hasServed && this.#generation === 1) {
      log('worker-never-served', { code, signal });
      process.exit(1); // whoever starts the balancer is still waiting, and hears of it
    }
    this.#pauseMs = this.#hasServed ? 0 : Math.min(MAX_PAUSE_MS, this.#pauseMs * 2 + 50);
    log('worker-ended', { code, signal, restartInMs: this.#pauseMs });
    if (this.#pauseMs === 0) this.#start();
    else setTimeout(() => this.#start(), this.#pauseMs);
  }

  #stop(): void {
    this.#stopping = true;
    if (this.#worker === undefined) process.exit(0);
    this.#worker.kill('SIGTERM');
  }
}
