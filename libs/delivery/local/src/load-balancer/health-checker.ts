import { request } from 'node:http';
import type { ServiceConfig } from './service-config.ts';
import type { Target } from './target.ts';
import { type HealthObservation, nextHealth } from './target-health.ts';

type HealthCheck = ServiceConfig['healthCheck'];

/** A target that cannot serve yet is asked this much more often: it is being waited for. */
const URGENCY = 10;
const MIN_INTERVAL_MS = 50;

/** Asks each target again and again whether it can serve, also after it first said so. */
export class HealthChecker {
  readonly #check: HealthCheck;
  readonly #onChange: () => void;
  readonly #timers = new Map<Target, NodeJS.Timeout>();

  constructor(check: HealthCheck, onChange: () => void) {
    this.#check = check;
    this.#onChange = onChange;
  }

  watch(target: Target): void {
    this.#schedule(target, 0);
  }

  forget(target: Target): void {
    clearTimeout(this.#timers.get(target));
    this.#timers.delete(target);
  }

  close(): void {
    for (const target of [...this.#timers.keys()]) this.forget(target);
  }

  /** A connection for a request was refused: no need to wait for the next check. */
  connectFailed(target: Target, failure: string): void {
    this.#observe(target, 'connect-failed', failure);
  }

  #schedule(target: Target, delayMs: number): void {
    clearTimeout(this.#timers.get(target));
    const timer = setTimeout(() => void this.#run(target), delayMs);
    timer.unref();
    this.#timers.set(target, timer);
  }

  async #run(target: Target): Promise<void> {
    const { observation, failure } = await checkHealth(target, this.#check);
    if (!this.#timers.has(target)) return;
    target.checkedAtMs = Date.now();
    this.#observe(target, observation, failure);
    const { intervalMs } = this.#check;
    const isUrgent = target.record.health !== 'healthy';
    this.#schedule(target, isUrgent ? Math.max(MIN_INTERVAL_MS, intervalMs / URGENCY) : intervalMs);
  }

  #observe(target: Target, observation: HealthObservation, failure: string | undefined): void {
    const before = target.record;
    target.record = nextHealth(before, observation, this.#check);
    target.lastFailure = failure;
    if (before.health === target.record.health && before.trusted === target.record.trusted) return;
    if (target.record.health === 'unhealthy') {
      target.closeIdle(); // a program that shuts down waits for them
      this.#schedule(target, MIN_INTERVAL_MS);
    }
    this.#onChange();
  }
}

interface CheckResult {
  readonly observation: HealthObservation;
  readonly failure?: string;
}

/** One check, on a connection of its own as a new client has. */
function checkHealth(
  { host, port }: Pick<Target, 'host' | 'port'>,
  { path, timeoutMs }: HealthCheck,
): Promise<CheckResult> {
  return new Promise((resolve) => {
    const asked = request(
      { host, port, path, agent: false, headers: { 'user-agent': 'load-balancer-health-check' } },
      (response) => {
        response.resume();
        response.once('close', () => clearTimeout(timer));
        const { statusCode = 0 } = response;
        const passed = statusCode >= 200 && statusCode < 400;
        resolve(
          passed
            ? { observation: 'pass' }
            : { observation: 'fail', failure: `answered ${statusCode}` },
        );
      },
    );
    const timer = setTimeout(
      () => asked.destroy(new Error(`did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    asked.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const refused = error.code === 'ECONNREFUSED';
      resolve({ observation: refused ? 'connect-failed' : 'fail', failure: error.message });
    });
    asked.end();
  });
}
