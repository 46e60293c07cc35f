import { sql } from 'drizzle-orm';
import { check, index, integer, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

/** Millisecond precision, as JavaScript has it: a time read back compares equal to the one written. */
const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });

/**
 * The database as the code of this revision sees it. Two revisions run against one database during a
 * rollout, so a migration only ever adds (expand); what nobody reads any more goes in a later release.
 */
export const cards = pgTable(
  'cards',
  {
    id: uuid('id').primaryKey(),
    title: text('title').notNull(),
    description: text('description').notNull(),
    template: text('template').notNull(),
    tags: text('tags').array().notNull(),
    archivedAt: moment('archived_at'),
    createdAt: moment('created_at').notNull(),
    updatedAt: moment('updated_at').notNull(),
    version: integer('version').notNull(),
  },
  (table) => [
    // Lists read it backwards. (A descending index would sort nulls where ORDER BY does not expect them.)
    index('cards_by_change').on(table.updatedAt, table.id),
    check('cards_version_positive', sql`${table.version} > 0`),
  ],
);
