'use client';

import Link from 'next/link';
import { CardView } from './card-view.tsx';
import { LoadedCardView } from './loaded-card-view.tsx';
import styles from './screen.module.css';
import { useCard } from './use-card.ts';

export function CardScreen({ id }: { readonly id: string }) {
  const loaded = useCard(id);
  return (
    <div className={styles.screen}>
      <Link className={styles.back} href="/">
        All cards
      </Link>
      {loaded.outcome?.ok ? null : <h1>Card</h1>}
      <LoadedCardView loaded={loaded}>
        {(card) => <CardView card={card} onChanged={loaded.replace} />}
      </LoadedCardView>
    </div>
  );
}
