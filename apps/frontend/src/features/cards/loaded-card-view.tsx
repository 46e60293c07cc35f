import type { Card } from '@prompt-card/contract';
import type { ReactNode } from 'react';
import { Button, ButtonLink } from '../../components/button.tsx';
import { LiveStatus } from '../../components/live-status.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import type { LoadedCard } from './use-card.ts';

interface LoadedCardViewProps {
  readonly loaded: LoadedCard;
  readonly children: (card: Card) => ReactNode;
}

/** Shows a card once it is there; until then that it is coming, or why it is not. */
export function LoadedCardView({ loaded, children }: LoadedCardViewProps) {
  const { outcome, reload } = loaded;
  if (outcome === undefined) {
    return (
      <>
        <LiveStatus>Loading the card</LiveStatus>
        <Skeleton />
      </>
    );
  }
  if (outcome.ok) return children(outcome.value);
  return (
    <ProblemNotice problem={outcome.problem}>
      {outcome.problem.status === 404 ? (
        <ButtonLink href="/">All cards</ButtonLink>
      ) : (
        <Button onClick={reload}>Try again</Button>
      )}
    </ProblemNotice>
  );
}
