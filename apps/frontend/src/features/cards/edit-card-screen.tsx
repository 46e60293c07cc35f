'use client';

import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { EditCard } from './edit-card.tsx';
import { LoadedCardView } from './loaded-card-view.tsx';
import styles from './screen.module.css';
import { useCard } from './use-card.ts';

export function EditCardScreen({ id }: { readonly id: string }) {
  const router = useRouter();
  const loaded = useCard(id);
  return (
    <div className={`${styles.screen} ${styles.narrow}`}>
      <Link className={styles.back} href={`/cards/${id}`}>
        Back to the card
      </Link>
      <h1>Edit card</h1>
      <LoadedCardView loaded={loaded}>
        {(card) => <EditCard card={card} onSaved={() => router.push(`/cards/${id}`)} />}
      </LoadedCardView>
    </div>
  );
}
