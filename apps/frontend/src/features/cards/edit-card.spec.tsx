import type { Card } from '@prompt-card/contract';
import { screen, waitFor } from '@testing-library/react';
import { EditCard } from './edit-card.tsx';
import { type CardsServer, startCardsServer } from './testing/cards-server.ts';
import { renderWithServer } from './testing/render-with-server.tsx';

let server: CardsServer;
let card: Card;
let saved: Card[];

beforeEach(async () => {
  server = await startCardsServer();
  card = server.add({ title: 'Greeting', description: 'Old', template: 'Hello {{ name }}' });
  saved = [];
});
afterEach(() => server.close());

const show = () =>
  renderWithServer(<EditCard card={card} onSaved={(card) => saved.push(card)} />, server);
const field = (label: RegExp) =>
  screen.getByRole('textbox', { name: label }) as HTMLInputElement | HTMLTextAreaElement;
const press = (name: string) => screen.getByRole('button', { name });

describe('editing a card', () => {
  it('saves what was changed', async () => {
    const person = show();
    await person.clear(field(/^Title/));
    await person.type(field(/^Title/), 'Welcome');
    await person.click(press('Save changes'));
    await waitFor(() => expect(saved).toMatchObject([{ title: 'Welcome', version: 2 }]));
  });

  it('asks nothing of the server when nothing was changed', async () => {
    const person = show();
    await person.click(press('Save changes'));
    await waitFor(() => expect(saved).toEqual([card]));
    expect(server.requests).toEqual([]);
  });

  describe('that somebody else saved in between', () => {
    async function conflict() {
      const person = show();
      server.change(card.id, { title: 'Theirs', description: 'Also theirs' });
      await person.clear(field(/^Title/));
      await person.type(field(/^Title/), 'Mine');
      await person.click(press('Save changes'));
      const heading = await screen.findByRole('heading', { name: /was changed while you were/ });
      return { person, heading };
    }

    it('shows both sides of every changed field, and takes the focus there', async () => {
      const { heading } = await conflict();
      expect(document.activeElement).toBe(heading);
      expect(screen.getByRole('region', { name: 'Title' }).textContent).toMatch(/Theirs.*Mine/);
      expect(screen.getByRole('region', { name: 'Description' }).textContent).toMatch(
        /Also theirs.*not changed/,
      );
      expect(screen.queryByRole('region', { name: 'Template' })).toBeNull();
      expect(saved).toEqual([]);
    });

    it('keeps my change and the rest of theirs when I say so', async () => {
      const { person } = await conflict();
      await person.click(press('Keep my changes'));
      expect(document.activeElement).toBe(field(/^Title/));
      expect(field(/^Title/).value).toBe('Mine');
      await person.click(press('Save changes'));
      await waitFor(() =>
        expect(saved).toMatchObject([{ title: 'Mine', description: 'Also theirs', version: 3 }]),
      );
    });

    it('goes on from theirs when I say so', async () => {
      const { person } = await conflict();
      await person.click(press('Discard mine, use the saved version'));
      expect(field(/^Title/).value).toBe('Theirs');
      expect(field(/^Description/).value).toBe('Also theirs');
    });
  });
});
