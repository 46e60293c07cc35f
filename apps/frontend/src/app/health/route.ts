import type { Health } from '@prompt-card/contract';
import { serverConfig } from '../../config.ts';

export const dynamic = 'force-dynamic';

/** Liveness of this server alone: a backend that is down must not restart the frontend. */
export function GET(): Response {
  const health: Health = { status: 'pass', revision: serverConfig().revision };
  return Response.json(health, { headers: { 'cache-control': 'no-store' } });
}
