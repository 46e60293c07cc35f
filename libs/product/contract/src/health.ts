import { z } from 'zod';

/** `warn` still serves: something is degraded that requests can do without. */
export const healthStatuses = ['pass', 'warn', 'fail'] as const;

const status = z.enum(healthStatuses);

/** Liveness: the process answers. Asks nothing of anyone else, so that a slow database restarts nobody. */
export const health = z
  .object({
    status,
    revision: z.string().describe('What was deployed, for example a commit.'),
  })
  .meta({ id: 'Health', description: 'Whether the process answers.' });

export const healthCheck = z.object({
  status,
  detail: z.string().optional().describe('Why the check did not pass.'),
  durationMs: z.number().min(0).optional().describe('How long the check took.'),
});

/** Readiness with reasons: what a deployment looks at before it sends traffic. */
export const comprehensiveHealth = z
  .object({
    status: status.describe('The worst status of all checks.'),
    version: z.string().describe('The release, for example 1.4.0.'),
    revision: z.string().describe('What was deployed, for example a commit.'),
    colour: z.string().nullable().describe('The slot of a blue/green pair; null outside of one.'),
    schemaVersion: z
      .string()
      .nullable()
      .describe("The database's last migration; null if unknown."),
    uptimeSeconds: z.number().min(0),
    checks: z.record(z.string(), healthCheck).describe('By name, for example `database`.'),
  })
  .meta({ id: 'ComprehensiveHealth', description: 'Whether the process and all it needs work.' });

export type HealthStatus = z.output<typeof status>;
export type Health = z.output<typeof health>;
export type HealthCheck = z.output<typeof healthCheck>;
export type ComprehensiveHealth = z.output<typeof comprehensiveHealth>;

/** The worst of several statuses; `pass` for none. */
export function worstStatus(statuses: readonly HealthStatus[]): HealthStatus {
  return healthStatuses[Math.max(0, ...statuses.map((s) => healthStatuses.indexOf(s)))] ?? 'fail';
}
