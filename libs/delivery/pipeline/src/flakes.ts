import { z } from 'zod';

/** One run of one test on one commit. */
export interface TestOutcome {
  readonly test: string;
  readonly commit: string;
  readonly passed: boolean;
}

const quarantineEntrySchema = z.strictObject({
  test: z.string().min(1),
  owner: z.string().min(1),
  reason: z.string().min(10),
  /** The first day in quarantine. */
  since: z.iso.date(),
  /** The last day in quarantine; after it the test counts again. */
  expires: z.iso.date(),
});

export const quarantineSchema = z.strictObject({ tests: z.array(quarantineEntrySchema) });

/** A test whose failures do not fail a run, until a date and in the name of somebody. */
export type QuarantineEntry = z.infer<typeof quarantineEntrySchema>;
export type Quarantine = z.infer<typeof quarantineSchema>;

/** Tests that failed and then passed on one commit: nothing changed but chance. */
export function findFlakes(outcomes: readonly TestOutcome[]): string[] {
  const failed = new Set<string>();
  const flaky = new Set<string>();
  for (const { test, commit, passed } of outcomes) {
    const key = JSON.stringify([test, commit]);
    if (!passed) failed.add(key);
    else if (failed.has(key)) flaky.add(test);
  }
  return [...flaky].sort();
}

/** What a run's failures mean once the quarantine is applied. */
export interface QuarantineVerdict {
  readonly failures: readonly string[];
  readonly tolerated: readonly QuarantineEntry[];
  /** Past their last day: the test counts again, and the entry is to be deleted or renewed. */
  readonly expired: readonly QuarantineEntry[];
}

/** `today` is an ISO date (YYYY-MM-DD). */
export function applyQuarantine(
  failed: readonly string[],
  quarantine: Quarantine,
  today: string,
): QuarantineVerdict {
  const valid = quarantine.tests.filter((entry) => entry.expires >= today);
  return {
    failures: failed.filter((test) => !valid.some((entry) => entry.test === test)),
    tolerated: valid.filter((entry) => failed.includes(entry.test)),
    expired: quarantine.tests.filter((entry) => entry.expires < today),
  };
}

/** Puts flaky tests into quarantine for `days`; one that is there already keeps its date. */
export function quarantineFlakes(
  quarantine: Quarantine,
  flakes: readonly string[],
  entry: { readonly owner: string; readonly today: string; readonly days: number },
): Quarantine {
  const added = flakes
    .filter((test) => !quarantine.tests.some((known) => known.test === test))
    .map((test) => ({
      test,
      owner: entry.owner,
      reason: 'failed and then passed on the same commit',
      since: entry.today,
      expires: addDays(entry.today, entry.days),
    }));
  return { tests: [...quarantine.tests, ...added] };
}

function addDays(date: string, days: number): string {
  const millisecondsPerDay = 86_400_000;
  return new Date(Date.parse(date) + days * millisecondsPerDay).toISOString().slice(0, 10);
}
