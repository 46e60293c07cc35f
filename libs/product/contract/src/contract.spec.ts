import { cardLimits } from '@prompt-card/cards';
import fc from 'fast-check';
import { z } from 'zod';
import {
  card,
  cardListQuery,
  cardPage,
  comprehensiveHealth,
  createCard,
  fieldErrors,
  health,
  problem,
  updateCard,
  worstStatus,
} from './index.ts';

function errorsOf(schema: z.ZodType, value: unknown) {
  const result = schema.safeParse(value);
  return result.success ? [] : fieldErrors(result.error.issues);
}

const minimal = { title: 'Summary', template: 'Summarise {{ text }}' };

describe('createCard', () => {
  it('fills in what may be left out', () => {
    expect(createCard.parse(minimal)).toEqual({ ...minimal, description: '', tags: [] });
  });

  it('drops space around a title and a tag, and none of a template', () => {
    expect(createCard.parse({ title: '  a ', template: ' b \n', tags: [' c '] })).toMatchObject({
      title: 'a',
      template: ' b \n',
      tags: ['c'],
    });
  });

  it.each([
    ['an empty title', { title: '' }],
    ['a title of spaces', { title: '   ' }],
    ['a title of two lines', { title: 'two\nlines' }],
    ['a title that is too long', { title: 'x'.repeat(cardLimits.titleLength + 1) }],
    ['NUL in a description', { description: 'a\0' }],
    ['a long description', { description: 'x'.repeat(cardLimits.descriptionLength + 1) }],
    ['an empty template', { template: '' }],
    ['NUL in a template', { template: 'a\0' }],
    ['half a surrogate pair', { template: 'a\ud800' }],
    ['a template that is too long', { template: 'x'.repeat(cardLimits.templateLength + 1) }],
    ['a template that is no text', { template: 7 }],
    ['too many tags', { tags: Array.from({ length: cardLimits.tagCount + 1 }, (_, i) => `t${i}`) }],
    ['the same tag twice', { tags: ['same', 'same '] }],
  ])('refuses %s with one error for that field', (_, change) => {
    expect(errorsOf(createCard, { ...minimal, ...change })).toEqual([
      { field: Object.keys(change)[0], message: expect.stringMatching(/^must /) },
    ]);
  });

  it('accepts the limits themselves', () => {
    const largest = {
      title: 'x'.repeat(cardLimits.titleLength),
      description: 'x'.repeat(cardLimits.descriptionLength),
      template: 'x'.repeat(cardLimits.templateLength),
      tags: Array.from({ length: cardLimits.tagCount }, (_, i) =>
        `${i}`.padEnd(cardLimits.tagLength, 'x'),
      ),
    };
    expect(createCard.parse(largest)).toEqual(largest);
  });

  it('says where in the template a variable is wrong', () => {
    expect(errorsOf(createCard, { ...minimal, template: 'ok\n{{ a b }} {{' })).toEqual([
      { field: 'template', message: expect.stringMatching(/^line 2, column 1: "a b" is not/) },
      { field: 'template', message: expect.stringMatching(/^line 2, column 11: .* never closed/) },
    ]);
  });

  it('names each unknown field', () => {
    expect(errorsOf(createCard, { ...minimal, titel: 'x', id: 1 })).toEqual([
      { field: 'titel', message: 'is not a known field' },
      { field: 'id', message: 'is not a known field' },
    ]);
  });

  it('points into a list', () => {
    expect(errorsOf(createCard, { ...minimal, tags: ['a', ''] })).toEqual([
      { field: 'tags.1', message: 'must not be empty' },
    ]);
  });

  it('reads again what it gave out, whatever it was given', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
        (title, template) => {
          const result = createCard.safeParse({ title, template });
          if (result.success) expect(createCard.parse(result.data)).toEqual(result.data);
        },
      ),
    );
  });
});

describe('updateCard', () => {
  it('holds only the fields that were sent', () => {
    expect(updateCard.parse({ version: 3, title: 'x' })).toEqual({ version: 3, title: 'x' });
  });

  it('needs the version it was based on, and a change', () => {
    expect(errorsOf(updateCard, { title: 'x' }).map(({ field }) => field)).toEqual(['version']);
    expect(errorsOf(updateCard, { version: 1 })).toEqual([
      { field: '', message: 'must change at least one field' },
    ]);
  });
});

describe('cardListQuery', () => {
  it('reads a query string, with defaults for what is absent', () => {
    expect(cardListQuery.parse({})).toEqual({ limit: 20, archived: 'exclude' });
    expect(
      cardListQuery.parse({ limit: '100', archived: 'only', q: 'a', cursor: 'aZ-_9' }),
    ).toEqual({ limit: 100, archived: 'only', q: 'a', cursor: 'aZ-_9' });
  });

  it.each([
    ['limit', '0'],
    ['limit', '101'],
    ['limit', '1.5'],
    ['limit', 'ten'],
    ['limit', ''],
    ['cursor', ''],
    ['cursor', "'; --"],
    ['archived', 'yes'],
    ['q', 'NUL \0'],
  ])('refuses the %s %j', (field, value) => {
    expect(errorsOf(cardListQuery, { [field]: value })).toEqual([
      { field, message: expect.stringMatching(/^must /) },
    ]);
  });
});

describe('answers', () => {
  const aCard = {
    ...createCard.parse(minimal),
    id: '0b1f2f6e-8f4d-4b1a-9d3f-0a6c1c1c9a11',
    variables: ['text'],
    archivedAt: null,
    createdAt: '2026-01-02T03:04:05.678Z',
    updatedAt: '2026-01-02T03:04:05.678Z',
    version: 1,
  };

  it('may gain fields without breaking an older reader', () => {
    expect(card.parse({ ...aCard, stars: 5 })).toEqual(aCard);
  });

  it('can be encoded, which a schema with a one-way transform cannot', () => {
    expect(z.encode(cardPage, { items: [aCard], nextCursor: null }).items).toEqual([aCard]);
    const details = { title: 'Gone', status: 404, code: 'CARD_NOT_FOUND' };
    expect(z.encode(problem, { type: 'about:blank', ...details })).toMatchObject(details);
  });
});

describe('the published schemas', () => {
  it('have the names an OpenAPI document refers to', () => {
    const named = [createCard, updateCard, card, cardPage, problem, health, comprehensiveHealth];
    expect(named.map((schema) => schema.meta()?.id)).toEqual([
      'CreateCard',
      'UpdateCard',
      'Card',
      'CardPage',
      'Problem',
      'Health',
      'ComprehensiveHealth',
    ]);
  });

  it.each(['input', 'output'] as const)('can all be written as JSON Schema for %s', (io) => {
    for (const schema of [createCard, updateCard, cardListQuery, cardPage, problem]) {
      expect(() => z.toJSONSchema(schema, { io, unrepresentable: 'throw' })).not.toThrow();
    }
  });
});

describe('worstStatus', () => {
  it('is the worst of all, and pass for none', () => {
    expect(worstStatus([])).toBe('pass');
    expect(worstStatus(['pass', 'warn', 'pass'])).toBe('warn');
    expect(worstStatus(['fail', 'warn'])).toBe('fail');
  });
});
