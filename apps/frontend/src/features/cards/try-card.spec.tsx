import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { TryCard } from './try-card.tsx';

const preview = () => screen.getByRole('region', { name: 'Prompt preview' }).textContent;
const field = (name: string) => screen.getByRole('textbox', { name });
const status = () => screen.getByRole('status').textContent;

describe('trying a card', () => {
  it('shows the prompt as its values are typed', async () => {
    const person = userEvent.setup();
    render(<TryCard template="Hello {{ name }}, {{ text }} {{name}}!" />);
    expect(preview()).toBe('Hello {{ name }}, {{ text }} {{ name }}!');
    await person.type(field('name'), 'Ada');
    expect(preview()).toBe('Hello Ada, {{ text }} Ada!');
    expect(status()).toBe('1 of 2 values filled in');
    await person.type(field('text'), 'bye');
    expect(status()).toBe('Ready to use');
  });

  it('does not read a value as a template', async () => {
    const person = userEvent.setup();
    render(<TryCard template="{{ a }} {{ b }}" />);
    await person.click(field('a'));
    await person.paste('{{ b }}');
    await person.type(field('b'), 'x');
    expect(preview()).toBe('{{ b }} x');
  });

  it('copies nothing while a value is missing, and goes to it', async () => {
    const person = userEvent.setup();
    render(<TryCard template="{{ a }} {{ b }}" />);
    await person.type(field('a'), 'x');
    await person.click(screen.getByRole('button', { name: 'Copy prompt' }));
    expect(document.activeElement).toBe(field('b'));
    expect(field('b').getAttribute('aria-invalid')).toBe('true');
    expect(await navigator.clipboard.readText()).toBe('');
  });

  it('copies the prompt exactly', async () => {
    const person = userEvent.setup();
    render(<TryCard template={'Line 1\n  {{ a }}\n'} />);
    await person.type(field('a'), 'x');
    await person.click(screen.getByRole('button', { name: 'Copy prompt' }));
    expect(await screen.findByText('Copied')).toBeTruthy();
    expect(await navigator.clipboard.readText()).toBe('Line 1\n  x\n');
  });

  it('selects the prompt where the browser forbids copying', async () => {
    const person = userEvent.setup();
    render(<TryCard template="No variables" />);
    Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true });
    await person.click(screen.getByRole('button', { name: 'Copy prompt' }));
    expect(await screen.findByText(/copy it by hand/)).toBeTruthy();
    expect(String(window.getSelection())).toBe('No variables');
  });
});
