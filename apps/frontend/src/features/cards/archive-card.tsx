'use client';

import type { Card, Problem } from '@prompt-card/contract';
import { useRef, useState } from 'react';
import { Button } from '../../components/button.tsx';
import { ProblemNotice } from '../../components/problem-notice.tsx';
import styles from './archive-card.module.css';
import { useCardsClient } from './cards-client-context.ts';

interface ArchiveCardProps {
  readonly card: Card;
  readonly onArchived: (card: Card) => void;
}

/** Asks before it archives: there is no way back. The dialog is the browser's, with its focus trap. */
export function ArchiveCard({ card, onArchived }: ArchiveCardProps) {
  const client = useCardsClient();
  const dialog = useRef<HTMLDialogElement>(null);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  const archive = async () => {
    setBusy(true);
    setProblem(undefined);
    const outcome = await client.archive(card.id);
    setBusy(false);
    if (!outcome.ok) return setProblem(outcome.problem);
    dialog.current?.close();
    onArchived(outcome.value);
  };

  return (
    <>
      <Button look="danger" onClick={() => dialog.current?.showModal()}>
        Archive
      </Button>
      <dialog ref={dialog} className={styles.dialog} aria-labelledby="archive-question">
        <div className={styles.content}>
          <h2 id="archive-question" className={styles.title}>
            Archive “{card.title}”?
          </h2>
          <p>
            It leaves the list and can no longer be changed. You find it again under “Archived”.
          </p>
          {problem === undefined ? null : <ProblemNotice problem={problem} />}
          <div className={styles.actions}>
            <Button look="danger" busy={busy} onClick={() => void archive()}>
              {busy ? 'Archiving…' : 'Archive the card'}
            </Button>
            <Button onClick={() => dialog.current?.close()}>Keep it</Button>
          </div>
        </div>
      </dialog>
    </>
  );
}
