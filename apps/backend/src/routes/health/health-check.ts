import type { HealthCheck } from '@prompt-card/contract';

/** What one look at a dependency found. */
export type Finding = Pick<HealthCheck, 'status' | 'detail'>;

/** A named look at something the service needs. */
export interface Check {
  readonly name: string;
  run(): Promise<Finding>;
}

/** Runs all checks at once. One that throws or takes longer than `timeoutMs` fails; none can hang the rest. */
export async function runChecks(
  checks: readonly Check[],
  timeoutMs: number,
): Promise<Record<string, HealthCheck>> {
  const results = await Promise.all(
    checks.map(async (check) => [check.name, await runCheck(check, timeoutMs)] as const),
  );
  return Object.fromEntries(results);
}

async function runCheck(check: Check, timeoutMs: number): Promise<HealthCheck> {
  const startedAt = performance.now();
  const finding = await Promise.race([look(check), timeout(timeoutMs)]);
  return { ...finding, durationMs: Math.round(performance.now() - startedAt) };
}

async function look(check: Check): Promise<Finding> {
  try {
    return await check.run();
  } catch (error) {
    return { status: 'fail', detail: error instanceof Error ? error.message : String(error) };
  }
}

function timeout(timeoutMs: number): Promise<Finding> {
  return new Promise((resolve) => {
    const finding: Finding = { status: 'fail', detail: `no answer within ${timeoutMs} ms` };
    setTimeout(() => resolve(finding), timeoutMs).unref();
  });
}
