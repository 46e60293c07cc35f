'use client';

import { useRouter } from 'next/navigation';
import { ButtonLink } from '../../components/button.tsx';
import { emptyDraft } from './card-draft.ts';
import { CardForm } from './card-form.tsx';
import { useCardsClient } from './cards-client-context.ts';
import styles from './screen.module.css';

export function NewCardScreen() {
  const client = useCardsClient();
  const router = useRouter();
  return (
    <div className={`${styles.screen} ${styles.narrow}`}>
      <h1>New card</h1>
      <CardForm
        initial={emptyDraft}
        submitLabel="Create card"
        onSubmit={async (fields) => {
          const outcome = await client.create(fields);
          if (!outcome.ok) return outcome.problem;
          router.push(`/cards/${outcome.value.id}`);
          return undefined;
        }}
      >
        <ButtonLink href="/">Cancel</ButtonLink>
      </CardForm>
    </div>
  );
}
