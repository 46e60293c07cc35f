import { type MigrationReading, type MigrationText, readMigrationTexts } from './contraction.ts';
import type { Revision } from './revision.ts';

/** A revision that runs, or that a rollback could bring back. */
export interface Returnable {
  readonly revision: Revision;
  /** It serves now, or would serve beside the candidate: it cannot be given up. */
  readonly serving: boolean;
  /** Names of the migrations that it brings; `undefined` for a build that cannot tell. */
  readonly migrations: readonly string[] | undefined;
}

/** A migration that would be applied, and whom it would break. */
export interface MigrationFinding extends MigrationReading {
  /** Revisions that need what the migration takes away. */
  readonly breaks: readonly Returnable[];
}

/**
 * Judges what a candidate would apply. A migration that takes something away breaks every revision that
 * could come back, unless it says since when nobody needs that any more and the revision is that new.
 */
export function judgeMigrations(
  pending: readonly MigrationText[],
  returnable: readonly Returnable[],
): readonly MigrationFinding[] {
  return readMigrationTexts(pending).map((reading) => ({
    ...reading,
    breaks: reading.kind === 'expand' ? [] : returnable.filter((each) => needs(each, reading)),
  }));
}

function needs({ migrations }: Returnable, { safeSince }: MigrationReading): boolean {
  return safeSince === undefined || !(migrations?.includes(safeSince) ?? false);
}
