'use client';

import type { Card } from '@prompt-card/contract';
import { useEffect, useRef } from 'react';
import { ButtonLink } from '../../components/button.tsx';
import { ArchiveCard } from './archive-card.tsx';
import styles from './card-view.module.css';
import { PointInTime } from './point-in-time.tsx';
import { TagList } from './tag-list.tsx';
import { TryCard } from './try-card.tsx';

interface CardViewProps {
  readonly card: Card;
  readonly onChanged: (card: Card) => void;
}

/** One card: what it says about itself, what can be done with it, and the place to try it. */
export function CardView({ card, onChanged }: CardViewProps) {
  const heading = useRef<HTMLHeadingElement>(null);

  // The server that names the page does not know the card; its next page brings its own title.
  useEffect(() => {
    document.title = `${card.title} · Prompt Cards`;
  }, [card.title]);

  const showArchived = (archived: Card) => {
    onChanged(archived);
    // The button that had the focus goes away with this change.
    heading.current?.focus();
  };

  return (
    <article>
      <header className={styles.header}>
        <div className={styles.words}>
          <h1 ref={heading} tabIndex={-1} className={styles.title}>
            {card.title}
          </h1>
          {card.description === '' ? null : (
            <p className={styles.description}>{card.description}</p>
          )}
          <TagList tags={card.tags} />
          <p className={styles.meta}>
            <PointInTime label="Changed" at={card.updatedAt} /> · version {card.version}
          </p>
        </div>
        {card.archivedAt === null ? (
          <div className={styles.actions}>
            <ButtonLink href={`/cards/${card.id}/edit`}>Edit</ButtonLink>
            <ArchiveCard card={card} onArchived={showArchived} />
          </div>
        ) : null}
      </header>
      <div role="status">
        {card.archivedAt === null ? null : (
          <p className={styles.archived}>
            <PointInTime label="Archived" at={card.archivedAt} />. It can still be tried, and no
            longer be changed.
          </p>
        )}
      </div>
      <TryCard template={card.template} />
    </article>
  );
}
