import { z } from 'zod';
import { card } from './card.ts';
import { textUpTo } from './text.ts';

/** Whether archived cards are left out, among the others, or the only ones. */
export const archivedFilters = ['exclude', 'include', 'only'] as const;

/** Query strings carry text, so the limit is read from its digits. No id, as for path parameters. */
export const cardListQuery = z.strictObject({
  limit: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(100, 'must be at most 100')
    .default(20)
    .describe('How many cards a page holds at most.'),
  cursor: z
    .string()
    .regex(/^[\w-]{1,512}$/, 'must be a `nextCursor` of an earlier page')
    .optional()
    .describe('The `nextCursor` of the page before; it has no meaning of its own.'),
  archived: z
    .enum(archivedFilters, `must be one of ${archivedFilters.join(', ')}`)
    .default('exclude')
    .describe('Whether archived cards are left out, included, or the only ones.'),
  q: textUpTo(200)
    .optional()
    .describe('Only cards whose title, description or tags contain this text, in any case.'),
});

export const cardPage = z
  .object({
    items: z.array(card),
    nextCursor: z.string().nullable().describe('Null on the last page.'),
  })
  .meta({ id: 'CardPage', description: 'Cards, the last changed first.' });

/** What a client may send: every part has a default or may be absent. */
export type CardListQueryInput = z.input<typeof cardListQuery>;
export type CardListQuery = z.output<typeof cardListQuery>;
export type CardPage = z.output<typeof cardPage>;
export type ArchivedFilter = CardListQuery['archived'];
