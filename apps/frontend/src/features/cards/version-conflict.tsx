'use client';

import type { Card, UpdateCard } from '@prompt-card/contract';
import { useEffect, useRef } from 'react';
import { Button } from '../../components/button.tsx';
import { type DraftField, draftOf, draftWith } from './card-draft.ts';
import { PointInTime } from './point-in-time.tsx';
import styles from './version-conflict.module.css';

interface VersionConflictProps {
  /** The version both changes started from. */
  readonly base: Card;
  /** The version that was saved in between. */
  readonly theirs: Card;
  /** The fields this person changed. */
  readonly mine: UpdateCard;
  readonly onKeepMine: () => void;
  readonly onTakeTheirs: () => void;
}

const labels: Readonly<Record<DraftField, string>> = {
  title: 'Title',
  description: 'Description',
  template: 'Template',
  tags: 'Tags',
};

/** Two people changed one card: shows both sides field by field and asks which to go on with. */
export function VersionConflict(props: VersionConflictProps) {
  const { theirs, onKeepMine, onTakeTheirs } = props;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);

  return (
    <section className={styles.conflict} aria-labelledby="conflict">
      <h2 id="conflict" ref={heading} tabIndex={-1} className={styles.title}>
        This card was changed while you were editing
      </h2>
      <p>
        Your changes are not saved yet.{' '}
        <PointInTime label="The other version is from" at={theirs.updatedAt} />.
      </p>
      {rowsOf(props).map(({ field, theirText, myText }) => (
        <section key={field} className={styles.field} aria-label={labels[field]}>
          <h3>{labels[field]}</h3>
          <div className={styles.sides}>
            <Side label="Saved by someone else" text={theirText} />
            <Side label="Yours" text={myText} />
          </div>
        </section>
      ))}
      <div className={styles.actions}>
        <Button look="primary" onClick={onKeepMine}>
          Keep my changes
        </Button>
        <Button onClick={onTakeTheirs}>Discard mine, use the saved version</Button>
      </div>
      <p className={styles.hint}>
        Either way you see the form again before anything is saved. Fields you did not change stay
        as they were saved.
      </p>
    </section>
  );
}

function Side({ label, text }: { readonly label: string; readonly text: string | undefined }) {
  return (
    <div>
      <h4 className={styles.side}>{label}</h4>
      {text === undefined ? (
        <p className={styles.hint}>not changed</p>
      ) : (
        <pre className={styles.text}>{text === '' ? '(empty)' : text}</pre>
      )}
    </div>
  );
}

interface ConflictRow {
  readonly field: DraftField;
  /** Undefined where that side left the field alone. */
  readonly theirText: string | undefined;
  readonly myText: string | undefined;
}

/** The fields that either side changed. */
function rowsOf({ base, theirs, mine }: VersionConflictProps): readonly ConflictRow[] {
  const before = draftOf(base);
  const theirDraft = draftOf(theirs);
  const myDraft = draftWith(base, mine);
  return (Object.keys(labels) as DraftField[])
    .map((field) => ({
      field,
      theirText: theirDraft[field] === before[field] ? undefined : theirDraft[field],
      myText: myDraft[field] === before[field] ? undefined : myDraft[field],
    }))
    .filter(({ theirText, myText }) => theirText !== undefined || myText !== undefined);
}
