import type { Card } from '@prompt-card/cards';
import type { Card as CardAnswer } from '@prompt-card/contract';

/** A card as clients get it: JSON has no dates. */
export function toCardAnswer(card: Card): CardAnswer {
  return {
    ...card,
    tags: [...card.tags],
    variables: [...card.variables],
    archivedAt: card.archivedAt?.toISOString() ?? null,
    createdAt: card.createdAt.toISOString(),
    updatedAt: card.updatedAt.toISOString(),
  };
}
