'use client';

import { Button, ButtonLink } from '../../components/button.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { LiveStatus } from '../../components/live-status.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { CardFilterForm } from './card-filter-form.tsx';
import styles from './card-list.module.css';
import { CardSummary } from './card-summary.tsx';
import { type CardFilter, type CardList as Cards, useCardList } from './use-card-list.ts';

interface CardListProps {
  readonly filter: CardFilter;
  readonly onFilterChange: (filter: CardFilter) => void;
}

export function CardList({ filter, onFilterChange }: CardListProps) {
  const list = useCardList(filter);
  return (
    <div className={styles.page}>
      <h1>Cards</h1>
      <CardFilterForm filter={filter} onFilterChange={onFilterChange} />
      <LiveStatus>{statusOf(list)}</LiveStatus>
      <Results list={list} filter={filter} onClear={() => onFilterChange(everything)} />
    </div>
  );
}

const everything: CardFilter = { q: '', archived: 'exclude' };

function statusOf({ loading, problem, cards, nextCursor }: Cards): string {
  if (loading === 'first') return 'Loading cards';
  if (loading === 'next') return 'Loading more cards';
  if (problem !== undefined) return '';
  const count = cards.length === 1 ? '1 card' : `${cards.length} cards`;
  return nextCursor === null ? `${count}, that is all` : `${count} shown, there are more`;
}

interface ResultsProps {
  readonly list: Cards;
  readonly filter: CardFilter;
  readonly onClear: () => void;
}

function Results({ list, filter, onClear }: ResultsProps) {
  const { cards, loading, problem, request } = list;
  const notice =
    problem === undefined ? null : (
      <ProblemNotice problem={problem}>
        <Button onClick={list.retry}>Try again</Button>
      </ProblemNotice>
    );
  // Cards of another filter must not stand under a failure of this one.
  if (notice !== null && request.cursor === undefined) return notice;
  if (cards.length === 0) {
    return loading === undefined ? <NoCards filter={filter} onClear={onClear} /> : <Loading />;
  }
  return (
    <>
      <ul className={styles.list} aria-label="Cards" aria-busy={loading === 'first'}>
        {cards.map((card) => (
          <li key={card.id}>
            <CardSummary card={card} />
          </li>
        ))}
      </ul>
      {notice}
      {list.nextCursor === null ? null : (
        <div className={styles.more}>
          <Button onClick={list.loadMore} busy={loading !== undefined}>
            {loading === 'next' ? 'Loading…' : 'Show more cards'}
          </Button>
        </div>
      )}
    </>
  );
}

function Loading() {
  return (
    <div className={styles.list}>
      <Skeleton />
      <Skeleton />
      <Skeleton />
    </div>
  );
}

function NoCards({ filter, onClear }: Omit<ResultsProps, 'list'>) {
  if (filter.q !== '') {
    return (
      <EmptyState title={`No card matches “${filter.q}”`} level={2}>
        <p>Titles, descriptions and tags were searched.</p>
        <Button onClick={onClear}>Clear the search</Button>
      </EmptyState>
    );
  }
  if (filter.archived === 'only') {
    return (
      <EmptyState title="The archive is empty" level={2}>
        <p>Cards you archive are kept here.</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState title="No cards yet" level={2}>
      <p>
        A card keeps a prompt, with {'{{ variables }}'} for what changes from one use to the next.
      </p>
      <ButtonLink href="/cards/new" look="primary">
        Write the first card
      </ButtonLink>
    </EmptyState>
  );
}
