import type { CreateCard, Problem } from '@prompt-card/contract';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { emptyDraft } from './card-draft.ts';
import { CardForm } from './card-form.tsx';

function show(answer?: Problem) {
  const submitted: CreateCard[] = [];
  const onSubmit = async (fields: CreateCard) => {
    submitted.push(fields);
    return answer;
  };
  render(<CardForm initial={emptyDraft} submitLabel="Create card" onSubmit={onSubmit} />);
  return { submitted, person: userEvent.setup() };
}

const field = (label: RegExp) => screen.getByRole('textbox', { name: label });
const submit = () => screen.getByRole('button', { name: 'Create card' });

const descriptionOf = (element: HTMLElement) =>
  (element.getAttribute('aria-describedby') ?? '')
    .split(' ')
    .map((id) => document.getElementById(id)?.textContent)
    .join(' | ');

describe('the card form', () => {
  it('shows each error at its field and puts the focus on the first', async () => {
    const { submitted, person } = show();
    await person.click(submit());
    expect(document.activeElement).toBe(field(/^Title/));
    expect(descriptionOf(field(/^Title/))).toContain('Title must not be empty');
    expect(descriptionOf(field(/^Template/))).toContain('Template must not be empty');
    expect(submitted).toEqual([]);
  });

  it('takes an error away as soon as it is mended, and makes no new one while typing', async () => {
    const { person } = show();
    await person.click(submit());
    await person.type(field(/^Title/), 'a');
    expect(field(/^Title/).getAttribute('aria-invalid')).toBe('false');
    expect(field(/^Template/).getAttribute('aria-invalid')).toBe('true');
    await person.clear(field(/^Title/));
    expect(field(/^Title/).getAttribute('aria-invalid')).toBe('false');
  });

  it('names the variables while the template is written', async () => {
    const { person } = show();
    await person.click(field(/^Template/));
    await person.paste('Dear {{ name }}, {{ text }}');
    expect(descriptionOf(field(/^Template/))).toBe('Variables:{{ name }}{{ text }}');
    await person.paste(' {{ open');
    expect(descriptionOf(field(/^Template/))).toContain('cannot be read yet');
  });

  it('hands over parsed fields', async () => {
    const { submitted, person } = show();
    await person.type(field(/^Title/), ' Greeting ');
    await person.type(field(/^Template/), 'Hello');
    await person.type(field(/^Tags/), 'a, b');
    await person.keyboard('{Enter}');
    expect(submitted).toEqual([
      { title: 'Greeting', description: '', template: 'Hello', tags: ['a', 'b'] },
    ]);
  });

  it('shows errors of the server at their fields too, without a second notice', async () => {
    const errors = [{ field: 'tags.0', message: 'must be friendlier' }];
    const { person } = show(refusal({ errors }));
    await person.type(field(/^Title/), 'a');
    await person.type(field(/^Template/), 'b');
    await person.click(submit());
    expect(descriptionOf(field(/^Tags/))).toContain('Tags must be friendlier');
    expect(document.activeElement).toBe(field(/^Tags/));
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('keeps what was typed when saving failed, and says why', async () => {
    const { person } = show(refusal({ title: 'The backend cannot be reached', status: 502 }));
    await person.type(field(/^Title/), 'a');
    await person.type(field(/^Template/), 'b');
    await person.click(submit());
    expect(screen.getByRole('alert').textContent).toContain('The backend cannot be reached');
    expect((field(/^Template/) as HTMLTextAreaElement).value).toBe('b');
    expect(submit().getAttribute('aria-disabled')).toBeNull();
  });
});

function refusal(part: Partial<Problem>): Problem {
  return { type: 'about:blank', title: 'No', status: 400, code: 'INVALID_REQUEST', ...part };
}
