import { type Card, createCard } from '@prompt-card/contract';
import {
  changeFrom,
  checkDraft,
  draftOf,
  draftWith,
  emptyDraft,
  errorsByField,
} from './card-draft.ts';

const card: Card = {
  id: '00000000-0000-4000-8000-000000000001',
  title: 'Greeting',
  description: '',
  template: 'Hello {{ name }}',
  variables: ['name'],
  tags: ['mail', 'short'],
  archivedAt: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  version: 4,
};

function fieldsOf(change: Partial<ReturnType<typeof draftOf>>) {
  const checked = checkDraft({ ...draftOf(card), ...change });
  if (!checked.ok) throw new Error(JSON.stringify(checked.errors));
  return checked.fields;
}

describe('a draft', () => {
  it('of a card gives back what the card says', () => {
    const { title, description, template, tags } = card;
    expect(fieldsOf({})).toEqual({ title, description, template, tags });
  });

  it('reads tags between commas, without empty ones', () => {
    expect(fieldsOf({ tags: ' a b ,, c,' }).tags).toEqual(['a b', 'c']);
  });

  it('that is empty lacks a title and a template, and nothing else', () => {
    expect(checkDraft(emptyDraft)).toEqual({
      ok: false,
      errors: {
        fields: { title: 'must not be empty', template: 'must not be empty' },
        others: [],
      },
    });
  });
});

describe('errors by field', () => {
  it('keep the first of a field, bring list entries to their input, and lose none', () => {
    const other = { field: 'version', message: 'must be at least 1' };
    expect(
      errorsByField([
        { field: 'tags.1', message: 'first' },
        { field: 'tags', message: 'second' },
        { field: 'constructor', message: 'unknown' },
        other,
      ]),
    ).toEqual({
      fields: { tags: 'first' },
      others: [{ field: 'constructor', message: 'unknown' }, other],
    });
  });
});

describe('a change', () => {
  it('holds the version and what differs', () => {
    expect(changeFrom(card, fieldsOf({ title: 'Hi', tags: 'mail' }))).toEqual({
      version: 4,
      title: 'Hi',
      tags: ['mail'],
    });
  });

  it('is none when nothing differs', () => {
    expect(changeFrom(card, fieldsOf({}))).toBeUndefined();
  });

  it('put onto a newer version leaves what others changed', () => {
    const theirs = { ...card, description: 'theirs', version: 5 };
    const mine = { version: 4, title: 'mine' };
    const draft = draftWith(theirs, mine);
    expect(draft).toMatchObject({ title: 'mine', description: 'theirs' });
    const fields = createCard.parse({ ...draft, tags: theirs.tags });
    expect(changeFrom(theirs, fields)).toEqual({ version: 5, title: 'mine' });
  });
});
