'use client';

import { archivedFilters } from '@prompt-card/contract';
import { useSearchParams } from 'next/navigation';
import { CardList } from './card-list.tsx';
import type { CardFilter } from './use-card-list.ts';

/** The list keeps its filter in the address, so that it survives reloading and can be shared. */
export function CardListScreen() {
  const filter = filterFrom(useSearchParams());
  return (
    <CardList
      filter={filter}
      onFilterChange={(next) => window.history.replaceState(null, '', `/${queryOf(next)}`)}
    />
  );
}

function filterFrom(params: { get(name: string): string | null }): CardFilter {
  const asked = params.get('archived');
  const archived = archivedFilters.find((known) => known === asked) ?? 'exclude';
  return { q: params.get('q') ?? '', archived };
}

function queryOf({ q, archived }: CardFilter): string {
  const params = new URLSearchParams();
  if (q !== '') params.set('q', q);
  if (archived !== 'exclude') params.set('archived', archived);
  return params.size === 0 ? '' : `?${params}`;
}
