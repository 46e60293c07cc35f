import type { Card, Problem } from '@prompt-card/contract';
import fc from 'fast-check';
import { type CardListEvent, initialCardList, reduceCardList } from './use-card-list.ts';

const card = (id: number) => ({ id: `card-${id}` }) as Card;
const problem: Problem = { type: 'about:blank', title: 'No', status: 500, code: 'INTERNAL_ERROR' };
const filter = { q: '', archived: 'exclude' } as const;

const event: fc.Arbitrary<CardListEvent> = fc.oneof(
  fc.record({ kind: fc.constant('filter-changed' as const), filter: fc.constant(filter) }),
  fc.record({ kind: fc.constant('more-wanted' as const) }),
  fc.record({ kind: fc.constant('retried' as const) }),
  fc.record({ kind: fc.constant('failed' as const), problem: fc.constant(problem) }),
  fc.record({
    kind: fc.constant('page-arrived' as const),
    cards: fc.array(fc.nat(30).map(card)).map(unique),
    nextCursor: fc.option(fc.constantFrom('a', 'b')),
  }),
);

function unique(cards: Card[]): Card[] {
  return [...new Map(cards.map((card) => [card.id, card])).values()];
}

describe('the state of the list', () => {
  it('never shows a card twice, nor a problem while it is loading', () => {
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const state = events.reduce(reduceCardList, initialCardList(filter));
        const ids = state.cards.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        if (state.loading !== undefined) expect(state.problem).toBeUndefined();
      }),
    );
  });

  it('asks for one next page at a time, and for none behind the last', () => {
    const arrived = (nextCursor: string | null) =>
      reduceCardList(initialCardList(filter), {
        kind: 'page-arrived',
        cards: [card(1)],
        nextCursor,
      });
    const more = { kind: 'more-wanted' } as const;
    const loading = reduceCardList(arrived('a'), more);
    expect(loading.request.cursor).toBe('a');
    expect(reduceCardList(loading, more)).toBe(loading);
    expect(reduceCardList(arrived(null), more)).toEqual(arrived(null));
  });
});
