import { z } from 'zod';

/**
 * Ways to misbehave on purpose, so that deployments can be tested against a bad revision. Compiled into
 * every build, because a special build would not be the one that ships; `config.ts` refuses them
 * anywhere but in a local environment.
 */
export interface Faults {
  /** Share of the requests to `/api` that fail with 500, from 0 to 1. */
  readonly errorRate: number;
  /** Added to every request to `/api`. */
  readonly latencyMs: number;
  /** How long to wait before listening. */
  readonly startDelayMs: number;
  /** The comprehensive health check never passes. */
  readonly neverHealthy: boolean;
  /** The process exits with 1 before it listens. */
  readonly crashOnStart: boolean;
}

export const noFaults: Faults = {
  errorRate: 0,
  latencyMs: 0,
  startDelayMs: 0,
  neverHealthy: false,
  crashOnStart: false,
};

const milliseconds = z.coerce.number().min(0).max(600_000);
const flag = z.enum(['true', 'false', '']).transform((value) => value !== 'false');

const faultSettings = z.strictObject({
  'error-rate': z.coerce.number().min(0).max(1).optional(),
  'latency-ms': milliseconds.optional(),
  'start-delay-ms': milliseconds.optional(),
  'never-healthy': flag.optional(),
  'crash-on-start': flag.optional(),
});

/** Names that `FAULT` understands. */
export const faultNames = Object.keys(faultSettings.shape);

/**
 * Reads `FAULT`: settings separated by commas, e.g. `error-rate=0.05,latency-ms=200` or `never-healthy`.
 * Returns what is wrong as text.
 */
export function parseFaults(text: string): { faults: Faults } | { problem: string } {
  const pairs = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [name = '', ...value] = part.split('=');
      return [name.trim(), value.join('=').trim()] as const;
    });
  const parsed = faultSettings.safeParse(Object.fromEntries(pairs));
  if (!parsed.success) {
    const names = parsed.error.issues.map((issue) =>
      issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : issue.path.join('.'),
    );
    return { problem: `cannot read ${names.join(', ')}; it knows ${faultNames.join(', ')}` };
  }
  const settings = parsed.data;
  return {
    faults: {
      errorRate: settings['error-rate'] ?? 0,
      latencyMs: settings['latency-ms'] ?? 0,
      startDelayMs: settings['start-delay-ms'] ?? 0,
      neverHealthy: settings['never-healthy'] ?? false,
      crashOnStart: settings['crash-on-start'] ?? false,
    },
  };
}

/**
 * Spreads failures evenly: of any n requests in a row, rate * n fail, give or take one. Chance would make
 * a test of a canary at 5 % pass or fail by luck.
 */
export function failureSequence(rate: number): () => boolean {
  let owed = 0;
  return () => {
    owed += rate;
    // Sums of binary fractions fall a hair short of 1.
    if (owed < 1 - 1e-9) return false;
    owed -= 1;
    return true;
  };
}
