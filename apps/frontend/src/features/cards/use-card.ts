'use client';

import type { Card } from '@prompt-card/contract';
import { useEffect, useState } from 'react';
import type { Outcome } from './cards-client.ts';
import { useCardsClient } from './cards-client-context.ts';

export interface LoadedCard {
  /** Undefined while the card is on its way. */
  readonly outcome: Outcome<Card> | undefined;
  /** Asks again, for example after a failure. */
  readonly reload: () => void;
  /** Puts a newer card in place, for example the answer to a change. */
  readonly replace: (card: Card) => void;
}

export function useCard(id: string): LoadedCard {
  const client = useCardsClient();
  const [attempt, setAttempt] = useState(0);
  const [loaded, setLoaded] = useState<{ key: string; outcome: Outcome<Card> }>();
  const key = `${id} ${attempt}`;

  useEffect(() => {
    const stop = new AbortController();
    void client.get(id, stop.signal).then((outcome) => {
      if (!stop.signal.aborted) setLoaded({ key, outcome });
    });
    return () => stop.abort();
  }, [client, id, key]);

  return {
    outcome: loaded?.key === key ? loaded.outcome : undefined,
    reload: () => setAttempt((attempt) => attempt + 1),
    replace: (card) => setLoaded({ key, outcome: { ok: true, value: card } }),
  };
}
