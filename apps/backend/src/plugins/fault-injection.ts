import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { failureSequence, type Faults } from '../faults.ts';

/** Lets requests to `/api` suffer as configured; health checks are left alone. */
export function addFaultInjection(app: FastifyInstance, faults: Faults): void {
  if (faults.errorRate === 0 && faults.latencyMs === 0) return;
  const fails = failureSequence(faults.errorRate);
  app.addHook('preValidation', async (request) => {
    if (!isVictim(request.url)) return;
    if (faults.latencyMs > 0) await sleep(faults.latencyMs);
    if (fails()) throw new Error('failure injected by FAULT');
  });
}

export function isVictim(url: string): boolean {
  return url.startsWith('/api/') && !url.startsWith('/api/health');
}
