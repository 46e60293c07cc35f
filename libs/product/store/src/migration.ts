import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import { StoreError } from './store-error.ts';

/** One checked-in migration, as drizzle-kit writes it. */
export interface Migration {
  /** File name without extension, e.g. `0000_cards`; migrations apply in the order of the journal. */
  readonly tag: string;
  /** SHA-256 of the file: an applied migration must never change. */
  readonly hash: string;
  readonly statements: readonly string[];
}

/** A migration that a database says it has. */
export interface AppliedMigration {
  readonly tag: string;
  readonly hash: string;
}

/**
 * The migrations a database still needs, in order. Migrations it has and we do not know are fine: a newer
 * revision applied them, and migrations only ever add.
 */
export function pendingMigrations(
  known: readonly Migration[],
  applied: readonly AppliedMigration[],
): Migration[] {
  const hashes = new Map(applied.map(({ tag, hash }) => [tag, hash]));
  const changed = known.find(({ tag, hash }) => hashes.has(tag) && hashes.get(tag) !== hash);
  if (changed) {
    throw new StoreError(
      'MIGRATION_CHANGED',
      `migration ${changed.tag} was changed after this database applied it`,
      { next: `restore ${changed.tag}.sql and write the change as a new migration` },
    );
  }
  return known.filter(({ tag }) => !hashes.has(tag));
}

/** Reads the folder that drizzle-kit generates: `meta/_journal.json` and one SQL file per entry. */
export async function readMigrations(folder: string): Promise<Migration[]> {
  try {
    const journal: unknown = JSON.parse(
      await fs.readFile(path.join(folder, 'meta', '_journal.json'), 'utf8'),
    );
    return await Promise.all(journalTags(journal).map((tag) => readMigration(folder, tag)));
  } catch (error) {
    throw new StoreError('MIGRATIONS_UNREADABLE', `no migrations can be read from ${folder}`, {
      cause: error,
      next: 'run `npx nx build backend`, which copies the folder beside the bundle',
    });
  }
}

async function readMigration(folder: string, tag: string): Promise<Migration> {
  const text = await fs.readFile(path.join(folder, `${tag}.sql`), 'utf8');
  return {
    tag,
    hash: createHash('sha256').update(text).digest('hex'),
    statements: text.split('--> statement-breakpoint').map((statement) => statement.trim()),
  };
}

function journalTags(journal: unknown): string[] {
  if (typeof journal !== 'object' || journal === null || !('entries' in journal)) {
    throw new TypeError('the journal has no entries');
  }
  return (journal.entries as { tag: unknown }[]).map(({ tag }) => String(tag));
}
