import { type ChildProcess, spawn } from 'node:child_process';
import type { CountsSnapshot } from './load-balancer.ts';
import { log, type WorkerReport, type WorkerStart } from './worker.ts';

/** Fewer collections of short-lived garbage: a request's objects die before the next one runs. */
const NODE_FLAGS = ['--max-semi-space-size=32'];
/** A worker that ends sooner than this is not restarted at once: something is wrong for good. */
const CRASH_LOOP_MS = 1_000;
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
  #counts: CountsSnapshot = {};
  #startedAtMs = 0;
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
    this.#startedAtMs = performance.now();
    const listeners = Array.from({ length: this.#listeners }, (_, index) => 3 + index);
    const worker = spawn(process.execPath, [...NODE_FLAGS, this.#program, 'worker'], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...listeners],
    });
    this.#worker = worker;
    worker.on('message', (message) => (this.#counts = (message as WorkerReport).counts));
    worker.on('exit', (code, signal) => this.#exited(code, signal));
    worker.send({
      configFile: this.#configFile,
      generation: this.#generation,
      earlier: this.#counts,
    } satisfies WorkerStart);
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    this.#worker = undefined;
    if (this.#stopping) {
      process.exit(code === 0 ? 0 : 1);
    }
    const crashedEarly = performance.now() - this.#startedAtMs < CRASH_LOOP_MS;
    if (crashedEarly && this.#generation === 1) {
      log('worker-never-served', { code, signal });
      process.exit(1); // whoever starts the balancer is still waiting, and hears of it
    }
    this.#pauseMs = crashedEarly ? Math.min(MAX_PAUSE_MS, this.#pauseMs * 2 + 50) : 0;
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
