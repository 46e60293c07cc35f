import { screen, waitFor } from '@testing-library/react';
import { useState } from 'react';
import { CardList } from './card-list.tsx';
import { type CardsServer, failure, startCardsServer } from './testing/cards-server.ts';
import { renderWithServer } from './testing/render-with-server.tsx';
import type { CardFilter } from './use-card-list.ts';

let server: CardsServer;

beforeEach(async () => {
  server = await startCardsServer();
});
afterEach(() => server.close());

function Listing() {
  const [filter, setFilter] = useState<CardFilter>({ q: '', archived: 'exclude' });
  return <CardList filter={filter} onFilterChange={setFilter} />;
}

const show = () => renderWithServer(<Listing />, server);
const titles = () =>
  screen.queryAllByRole('article').map((card) => card.querySelector('h2')?.textContent);
const status = () => screen.getByRole('status').textContent;

function addCards(count: number) {
  for (let i = 1; i <= count; i += 1) server.add({ title: `Card ${i}`, template: 'x' });
}

describe('the list of cards', () => {
  it('invites to write the first card when there is none', async () => {
    show();
    expect(await screen.findByRole('heading', { name: 'No cards yet' })).toBeTruthy();
    expect(screen.getByRole('link', { name: 'Write the first card' })).toBeTruthy();
  });

  it('adds page after page, and says when that is all', async () => {
    addCards(45);
    const person = show();
    await waitFor(() => expect(status()).toBe('20 cards shown, there are more'));
    await person.click(screen.getByRole('button', { name: 'Show more cards' }));
    await waitFor(() => expect(status()).toBe('40 cards shown, there are more'));
    await person.click(screen.getByRole('button', { name: 'Show more cards' }));
    await waitFor(() => expect(status()).toBe('45 cards, that is all'));
    expect(titles()).toHaveLength(45);
    expect(new Set(titles()).size).toBe(45);
    expect(screen.queryByRole('button', { name: 'Show more cards' })).toBeNull();
  });

  it('searches when typing pauses', async () => {
    addCards(3);
    const person = show();
    await screen.findByRole('heading', { name: 'Card 3' });
    await person.type(screen.getByRole('searchbox'), 'card 2');
    await waitFor(() => expect(titles()).toEqual(['Card 2']));
    expect(server.requests.filter((request) => request.includes('q='))).toHaveLength(1);
  });

  it('clears a search that found nothing', async () => {
    addCards(1);
    const person = show();
    await screen.findByRole('heading', { name: 'Card 1' });
    await person.type(screen.getByRole('searchbox'), 'nothing like it{Enter}');
    await person.click(await screen.findByRole('button', { name: 'Clear the search' }));
    await waitFor(() => expect(titles()).toEqual(['Card 1']));
    expect((screen.getByRole('searchbox') as HTMLInputElement).value).toBe('');
  });

  it('shows archived cards on their own', async () => {
    addCards(2);
    const archived = server.add({ title: 'Old', template: 'x' });
    server.change(archived.id, { archivedAt: '2026-02-01T00:00:00.000Z' });
    const person = show();
    await waitFor(() => expect(titles()).toEqual(['Card 2', 'Card 1']));
    await person.click(screen.getByRole('radio', { name: 'Archived' }));
    await waitFor(() => expect(titles()).toEqual(['Old']));
  });

  it('says that the backend is down, and loads when asked again', async () => {
    addCards(1);
    server.answerNext(failure('BACKEND_UNREACHABLE', 'The backend cannot be reached'));
    const person = show();
    expect((await screen.findByRole('alert')).textContent).toContain('cannot be reached');
    await person.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(titles()).toEqual(['Card 1']));
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('keeps the cards it has when the next page fails, and goes on from there', async () => {
    addCards(25);
    const person = show();
    await waitFor(() => expect(titles()).toHaveLength(20));
    server.answerNext(failure('SERVICE_UNAVAILABLE', 'Busy'));
    await person.click(screen.getByRole('button', { name: 'Show more cards' }));
    await screen.findByRole('alert');
    expect(titles()).toHaveLength(20);
    await person.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(titles()).toHaveLength(25));
  });
});
