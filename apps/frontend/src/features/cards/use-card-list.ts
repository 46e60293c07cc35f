'use client';

import type { ArchivedFilter, Card, Problem } from '@prompt-card/contract';
import { useEffect, useReducer } from 'react';
import { useCardsClient } from './cards-client-context.ts';

/** Which cards a person wants to see. */
export interface CardFilter {
  readonly q: string;
  readonly archived: ArchivedFilter;
}

/**
 * The pages read so far. `loading` says what is on its way: the first page (of a new filter, or
 * again after a failure), the next page, or nothing. Cards of an earlier filter stay until the first
 * page of the new one is there.
 */
export interface CardListState {
  readonly cards: readonly Card[];
  readonly nextCursor: string | null;
  readonly loading: 'first' | 'next' | undefined;
  readonly problem: Problem | undefined;
  /** The last request: a new object makes the effect ask again. */
  readonly request: { readonly filter: CardFilter; readonly cursor: string | undefined };
}

export type CardListEvent =
  | { readonly kind: 'filter-changed'; readonly filter: CardFilter }
  | { readonly kind: 'more-wanted' }
  | { readonly kind: 'retried' }
  | {
      readonly kind: 'page-arrived';
      readonly cards: readonly Card[];
      readonly nextCursor: string | null;
    }
  | { readonly kind: 'failed'; readonly problem: Problem };

export function initialCardList(filter: CardFilter): CardListState {
  const request = { filter, cursor: undefined };
  return { cards: [], nextCursor: null, loading: 'first', problem: undefined, request };
}

export function reduceCardList(state: CardListState, event: CardListEvent): CardListState {
  const { filter, cursor } = state.request;
  switch (event.kind) {
    case 'filter-changed': {
      const request = { filter: event.filter, cursor: undefined };
      return { ...state, loading: 'first', problem: undefined, request };
    }
    case 'more-wanted':
      if (state.nextCursor === null || state.loading !== undefined) return state;
      return {
        ...state,
        loading: 'next',
        problem: undefined,
        request: { filter, cursor: state.nextCursor },
      };
    case 'retried':
      return {
        ...state,
        loading: cursor === undefined ? 'first' : 'next',
        problem: undefined,
        request: { filter, cursor },
      };
    case 'page-arrived': {
      const before = cursor === undefined ? [] : state.cards;
      const known = new Set(before.map(({ id }) => id));
      // A card that changed between two pages moves to the front and may arrive a second time.
      const cards = [...before, ...event.cards.filter(({ id }) => !known.has(id))];
      return { ...state, cards, nextCursor: event.nextCursor, loading: undefined };
    }
    case 'failed':
      return { ...state, loading: undefined, problem: event.problem };
  }
}

export interface CardList extends CardListState {
  readonly loadMore: () => void;
  readonly retry: () => void;
}

export function useCardList(filter: CardFilter): CardList {
  const client = useCardsClient();
  const [state, dispatch] = useReducer(reduceCardList, filter, initialCardList);
  const { request } = state;

  if (request.filter.q !== filter.q || request.filter.archived !== filter.archived) {
    dispatch({ kind: 'filter-changed', filter });
  }

  useEffect(() => {
    const stop = new AbortController();
    const query = { ...request.filter, cursor: request.cursor };
    void client.list(query, stop.signal).then((outcome) => {
      if (stop.signal.aborted) return;
      dispatch(
        outcome.ok
          ? {
              kind: 'page-arrived',
              cards: outcome.value.items,
              nextCursor: outcome.value.nextCursor,
            }
          : { kind: 'failed', problem: outcome.problem },
      );
    });
    return () => stop.abort();
  }, [client, request]);

  return {
    ...state,
    loadMore: () => dispatch({ kind: 'more-wanted' }),
    retry: () => dispatch({ kind: 'retried' }),
  };
}
