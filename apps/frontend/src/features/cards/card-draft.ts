import {
  type Card,
  type CreateCard,
  type FieldError,
  type UpdateCard,
  createCard,
  fieldErrors,
} from '@prompt-card/contract';

/** A card as it stands in a form: every field is the text of one input. */
export interface CardDraft {
  readonly title: string;
  readonly description: string;
  readonly template: string;
  /** Separated by commas. */
  readonly tags: string;
}

export type DraftField = keyof CardDraft;

/** One message per field, plus those that belong to none of them. */
export interface DraftErrors {
  readonly fields: Readonly<Partial<Record<DraftField, string>>>;
  readonly others: readonly FieldError[];
}

export type CheckedDraft =
  | { readonly ok: true; readonly fields: CreateCard }
  | { readonly ok: false; readonly errors: DraftErrors };

export const emptyDraft: CardDraft = { title: '', description: '', template: '', tags: '' };

export function draftOf({ title, description, template, tags }: Card): CardDraft {
  return { title, description, template, tags: tags.join(', ') };
}

/** `card` as it would be with `change` applied to it. */
export function draftWith(card: Card, { version: _version, ...change }: UpdateCard): CardDraft {
  return draftOf({ ...card, ...change });
}

/** Judges a draft by the very schema that the backend will judge it by. */
export function checkDraft(draft: CardDraft): CheckedDraft {
  const tags = draft.tags
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
  const parsed = createCard.safeParse({ ...draft, tags });
  if (parsed.success) return { ok: true, fields: parsed.data };
  return { ok: false, errors: errorsByField(fieldErrors(parsed.error.issues)) };
}

/** The first message of each input: `tags.2` belongs to the input for tags. */
export function errorsByField(errors: readonly FieldError[]): DraftErrors {
  const fields: Partial<Record<DraftField, string>> = {};
  const others: FieldError[] = [];
  for (const error of errors) {
    const name = error.field.split('.')[0] ?? '';
    if (isDraftField(name)) fields[name] ??= error.message;
    else others.push(error);
  }
  return { fields, others };
}

function isDraftField(name: string): name is DraftField {
  return Object.hasOwn(emptyDraft, name);
}

/** What differs from `card`, or undefined when nothing does. */
export function changeFrom(card: Card, fields: CreateCard): UpdateCard | undefined {
  const change: Omit<UpdateCard, 'version'> = {};
  if (fields.title !== card.title) change.title = fields.title;
  if (fields.description !== card.description) change.description = fields.description;
  if (fields.template !== card.template) change.template = fields.template;
  if (fields.tags.join('\n') !== card.tags.join('\n')) change.tags = fields.tags;
  return Object.keys(change).length === 0 ? undefined : { version: card.version, ...change };
}
