import type { SessionResult } from './rollout-session.ts';

/** What came back for requests sent after a rollback. */
export interface Probe {
  readonly sent: number;
  readonly failed: number;
  /** Answers by the revision that the load balancer says it chose. */
  readonly servedBy: Readonly<Record<string, number>>;
}

/** Sends GET requests one after the other and notes who answered. */
export async function probeService(url: string, count: number): Promise<Probe> {
  const servedBy: Record<string, number> = {};
  let failed = 0;
  for (let i = 0; i < count; i += 1) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
      await response.arrayBuffer();
      const revision = response.headers.get('x-served-by') ?? 'unknown';
      servedBy[revision] = (servedBy[revision] ?? 0) + 1;
      if (!response.ok) failed += 1;
    } catch {
      failed += 1;
    }
  }
  return { sent: count, failed, servedBy };
}

/** What a drill found wrong with the rollout; empty if it did all that it should. */
export function judgeDrill(
  { rollout, traffic }: Pick<SessionResult, 'rollout' | 'traffic'>,
  probe: Probe,
): readonly string[] {
  const problems: string[] = [];
  if (rollout.phase.kind !== 'rolled-back') {
    problems.push(`the faulty canary was not rolled back: the rollout is ${rollout.phase.kind}`);
  }
  const [change] = rollout.plan.release;
  const stableId = change?.stable?.id;
  for (const [revision, count] of Object.entries(probe.servedBy)) {
    if (revision !== stableId) {
      problems.push(
        `${count} requests after the rollback were served by ${revision}, not by ${stableId ?? 'a stable revision'}`,
      );
    }
  }
  if (probe.failed > 0)
    problems.push(`${probe.failed} of ${probe.sent} requests after the rollback failed`);
  for (const [revision, { failed }] of Object.entries(traffic?.byRevision ?? {})) {
    if (failed > 0 && revision !== change?.candidate.id) {
      problems.push(
        `${failed} requests failed that the fault did not make fail (served by ${revision})`,
      );
    }
  }
  return problems;
}
