import { parseTemplate, type Card, type CardChange, type CardFields } from '@prompt-card/cards';
import { and, desc, eq, ilike, isNotNull, isNull, or, sql, type SQL } from 'drizzle-orm';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { translateErrors } from './database-error.ts';
import type { Database } from './database.ts';
import { cards } from './schema.ts';

export interface CardListing {
  /** How many cards a page holds at most. */
  readonly limit: number;
  /** Whether archived cards are left out, among the others, or the only ones. */
  readonly archived: 'exclude' | 'include' | 'only';
  /** The `nextCursor` of the page before. */
  readonly cursor?: string | undefined;
  /** Only cards whose title, description or a tag contain this text, in any case. */
  readonly search?: string | undefined;
}

/** One page, the last changed card first. */
export interface CardListPage {
  readonly items: readonly Card[];
  /** Null on the last page. */
  readonly nextCursor: string | null;
}

/** `conflict`: the card has moved on to `version` since the caller read it. */
export type CardUpdate =
  | { readonly kind: 'updated'; readonly card: Card }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'archived' }
  | { readonly kind: 'conflict'; readonly version: number };

export interface CardRepositoryOptions {
  readonly database: Pick<Database, 'orm'>;
  readonly now: () => Date;
  readonly newId: () => string;
}

/** Cards in PostgreSQL. Throws `StoreError` only; what a caller must expect is a return value. */
export class CardRepository {
  readonly #orm: Database['orm'];
  readonly #now: () => Date;
  readonly #newId: () => string;

  constructor(options: CardRepositoryOptions) {
    this.#orm = options.database.orm;
    this.#now = options.now;
    this.#newId = options.newId;
  }

  async create(fields: CardFields): Promise<Card> {
    const at = this.#now();
    const row: CardRow = {
      id: this.#newId(),
      title: fields.title,
      description: fields.description,
      template: fields.template,
      tags: [...fields.tags],
      archivedAt: null,
      createdAt: at,
      updatedAt: at,
      version: 1,
    };
    await translateErrors(() => this.#orm.insert(cards).values(row));
    return toCard(row);
  }

  async find(id: string): Promise<Card | undefined> {
    const [row] = await translateErrors(() =>
      this.#orm.select().from(cards).where(eq(cards.id, id)),
    );
    return row && toCard(row);
  }

  async list(listing: CardListing): Promise<CardListPage> {
    const rows = await translateErrors(() =>
      this.#orm
        .select()
        .from(cards)
        .where(listingCondition(listing))
        .orderBy(desc(cards.updatedAt), desc(cards.id))
        // One more than asked for tells whether there is another page.
        .limit(listing.limit + 1),
    );
    const items = rows.slice(0, listing.limit);
    const last = items.at(-1);
    const more = rows.length > listing.limit && last !== undefined;
    return { items: items.map(toCard), nextCursor: more ? encodeCursor(last) : null };
  }

  /** Replaces the fields in `change` if the card still has `version` and is in use. */
  async update(id: string, version: number, change: CardChange): Promise<CardUpdate> {
    const [row] = await translateErrors(() =>
      this.#orm
        .update(cards)
        .set({ ...toColumns(change), ...this.#nextVersion() })
        .where(and(eq(cards.id, id), eq(cards.version, version), isNull(cards.archivedAt)))
        .returning(),
    );
    if (row) return { kind: 'updated', card: toCard(row) };
    const current = await this.find(id);
    if (current === undefined) return { kind: 'not-found' };
    if (current.archivedAt !== null) return { kind: 'archived' };
    return { kind: 'conflict', version: current.version };
  }

  /** Puts a card away. Archiving twice is fine and changes nothing. */
  async archive(id: string): Promise<Card | undefined> {
    const [row] = await translateErrors(() =>
      this.#orm
        .update(cards)
        .set({ archivedAt: this.#now(), ...this.#nextVersion() })
        .where(and(eq(cards.id, id), isNull(cards.archivedAt)))
        .returning(),
    );
    return row ? toCard(row) : this.find(id);
  }

  #nextVersion() {
    return { updatedAt: this.#now(), version: sql`${cards.version} + 1` };
  }
}

type CardRow = typeof cards.$inferSelect;

/** Drizzle leaves a column alone whose value is undefined. */
function toColumns({ title, description, template, tags }: CardChange) {
  return { title, description, template, tags: tags && [...tags] };
}

function toCard(row: CardRow): Card {
  // Another revision may accept templates that this one cannot read: such a card still lists.
  const parsed = parseTemplate(row.template);
  return { ...row, variables: parsed.ok ? parsed.template.variables : [] };
}

function listingCondition({ archived, cursor, search }: CardListing): SQL | undefined {
  return and(
    archived === 'exclude' ? isNull(cards.archivedAt) : undefined,
    archived === 'only' ? isNotNull(cards.archivedAt) : undefined,
    cursor === undefined ? undefined : afterCursor(cursor),
    search === undefined || search === '' ? undefined : contains(search),
  );
}

/** A row comparison, which one index scan answers; two comparisons joined by OR would not be. */
function afterCursor(cursor: string): SQL {
  const { updatedAt, id } = decodeCursor(cursor);
  return sql`(${cards.updatedAt}, ${cards.id}) < (${updatedAt.toISOString()}, ${id}::uuid)`;
}

function contains(search: string): SQL | undefined {
  const pattern = `%${search.replace(/[\\%_]/g, '\\$&')}%`;
  return or(
    ilike(cards.title, pattern),
    ilike(cards.description, pattern),
    sql`EXISTS (SELECT FROM unnest(${cards.tags}) AS tag WHERE tag ILIKE ${pattern})`,
  );
}
