import type { Card } from '@prompt-card/contract';
import Link from 'next/link';
import styles from './card-summary.module.css';
import { PointInTime } from './point-in-time.tsx';
import { TagList } from './tag-list.tsx';
import { VariableName } from './variable-name.tsx';

/** A card in a list. The title is the link; its area covers the card. */
export function CardSummary({ card }: { readonly card: Card }) {
  return (
    <article className={styles.card}>
      <h2 className={styles.title}>
        <Link href={`/cards/${card.id}`}>{card.title}</Link>
      </h2>
      <div className={styles.body}>
        <p className={styles.text}>
          {card.description === '' ? card.template.slice(0, 300) : card.description}
        </p>
        {card.variables.length === 0 ? null : (
          <p className={styles.variables}>
            {card.variables.slice(0, shownVariables).map((name) => (
              <VariableName key={name} name={name} />
            ))}
            {card.variables.length > shownVariables ? (
              <span>and {card.variables.length - shownVariables} more</span>
            ) : null}
          </p>
        )}
      </div>
      <footer className={styles.footer}>
        <TagList tags={card.tags} />
        <span>
          {card.archivedAt === null ? (
            <PointInTime label="Changed" at={card.updatedAt} />
          ) : (
            <PointInTime label="Archived" at={card.archivedAt} />
          )}
        </span>
      </footer>
    </article>
  );
}

const shownVariables = 4;
