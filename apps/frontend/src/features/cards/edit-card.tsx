'use client';

import type { Card, CreateCard, Problem, ProblemCode, UpdateCard } from '@prompt-card/contract';
import { useState } from 'react';
import { ButtonLink } from '../../components/button.tsx';
import { changeFrom, draftOf, draftWith } from './card-draft.ts';
import { CardForm } from './card-form.tsx';
import { useCardsClient } from './cards-client-context.ts';
import { VersionConflict } from './version-conflict.tsx';

interface EditCardProps {
  readonly card: Card;
  readonly onSaved: (card: Card) => void;
}

const versionConflict: ProblemCode = 'CARD_VERSION_CONFLICT';

/**
 * Edits a card against the version it was read at. Either the form is open, starting from `base`
 * with a change kept from before; or somebody else saved in between, and the person decides with
 * both versions in sight. Nothing is overwritten and nothing typed is lost on the way.
 */
type Step =
  | { readonly kind: 'editing'; readonly base: Card; readonly kept?: UpdateCard }
  | {
      readonly kind: 'deciding';
      readonly base: Card;
      readonly theirs: Card;
      readonly mine: UpdateCard;
    };

export function EditCard({ card, onSaved }: EditCardProps) {
  const client = useCardsClient();
  const [step, setStep] = useState<Step>({ kind: 'editing', base: card });

  if (step.kind === 'deciding') {
    const { theirs, mine } = step;
    return (
      <VersionConflict
        {...step}
        onKeepMine={() => setStep({ kind: 'editing', base: theirs, kept: mine })}
        onTakeTheirs={() => setStep({ kind: 'editing', base: theirs })}
      />
    );
  }

  const { base, kept } = step;
  const save = async (fields: CreateCard): Promise<Problem | undefined> => {
    const change = changeFrom(base, fields);
    if (change === undefined) return done(onSaved, base);
    const outcome = await client.update(base.id, change);
    if (outcome.ok) return done(onSaved, outcome.value);
    if (outcome.problem.code !== versionConflict) return outcome.problem;
    const current = await client.get(base.id);
    if (!current.ok) return current.problem;
    setStep({ kind: 'deciding', base, theirs: current.value, mine: change });
    return undefined;
  };

  return (
    <CardForm
      initial={kept === undefined ? draftOf(base) : draftWith(base, kept)}
      // Whoever just decided stands where the decision was, so the form takes the focus over.
      focusOnMount={base !== card}
      submitLabel="Save changes"
      onSubmit={save}
    >
      <ButtonLink href={`/cards/${card.id}`}>Cancel</ButtonLink>
    </CardForm>
  );
}

function done(onSaved: (card: Card) => void, card: Card): undefined {
  onSaved(card);
}
