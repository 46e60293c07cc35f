import { cardLimits, parseTemplate } from '@prompt-card/cards';
import { z } from 'zod';
import { lineUpTo, textUpTo } from './text.ts';

const title = lineUpTo(cardLimits.titleLength).describe('What the card is called.');

const description = textUpTo(cardLimits.descriptionLength).describe('What the card is for.');

const template = textUpTo(cardLimits.templateLength)
  .min(1, 'must not be empty')
  .superRefine((source, context) => {
    // Length is reported above; the parser would only repeat it.
    if (source.length > cardLimits.templateLength) return;
    const parsed = parseTemplate(source);
    if (parsed.ok) return;
    for (const { message, position } of parsed.problems) {
      const where = `line ${position.line}, column ${position.column}`;
      context.addIssue({ code: 'custom', message: `${where}: ${message}` });
    }
  })
  .describe('The prompt, with variables as {{ name }}; \\{{ writes plain braces.');

const tag = lineUpTo(cardLimits.tagLength);
const tags = z
  .array(tag, 'must be a list of tags')
  .max(cardLimits.tagCount, `must be at most ${cardLimits.tagCount} tags`)
  .refine((tags) => new Set(tags).size === tags.length, 'must not name a tag twice')
  .describe('Words to find the card by.');

const version = z
  .int('must be a whole number')
  .min(1, 'must be at least 1')
  .max(2_147_483_647, 'is too large')
  .describe('1 at creation, one more with each change.');

/** Requests are strict, so that a misspelt field is an error and never silently dropped. */
export const createCard = z
  .strictObject({
    title,
    description: description.default(''),
    template,
    tags: tags.default([]),
  })
  .meta({ id: 'CreateCard', description: 'A new card.' });

/** Defaults stay out of updates: an absent field stays as it is. */
export const updateCard = z
  .strictObject({
    version: version.describe('The version this change is based on.'),
    title: title.optional(),
    description: description.optional(),
    template: template.optional(),
    tags: tags.optional(),
  })
  .refine(
    ({ version: _version, ...change }) =>
      Object.values(change).some((value) => value !== undefined),
    'must change at least one field',
  )
  .meta({
    id: 'UpdateCard',
    description: 'The fields to replace, and the version of the card they were based on.',
  });

/**
 * Answers are tolerant where requests are strict: while a rollout has two revisions running, either
 * may be the newer one, so an unknown field of an answer is dropped and texts are not judged again.
 */
export const card = z
  .object({
    id: z.uuid(),
    title: z.string(),
    description: z.string(),
    template: z.string(),
    variables: z
      .array(z.string())
      .describe("The template's variables, once each, in order of first use."),
    tags: z.array(z.string()),
    archivedAt: z.iso.datetime().nullable().describe('When it was archived; null while in use.'),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    version,
  })
  .meta({ id: 'Card', description: 'A reusable prompt.' });

/** No id: a reference to the whole object cannot describe the parts of a path. */
export const cardParams = z.strictObject({ id: z.uuid('must be a UUID') });

/** What a client sends to create a card: fields with a default may be absent. */
export type CreateCardInput = z.input<typeof createCard>;
/** What a backend gets after parsing: every field is there. */
export type CreateCard = z.output<typeof createCard>;
export type UpdateCard = z.output<typeof updateCard>;
export type Card = z.output<typeof card>;
