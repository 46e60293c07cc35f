'use client';

import type { ArchivedFilter } from '@prompt-card/contract';
import { useEffect, useEffectEvent, useId, useState } from 'react';
import styles from './card-filter-form.module.css';
import type { CardFilter } from './use-card-list.ts';

const archivedLabels: Readonly<Record<ArchivedFilter, string>> = {
  exclude: 'In use',
  only: 'Archived',
  include: 'All',
};

/** How long typing must pause before the search starts by itself. */
const pauseMs = 250;

interface CardFilterFormProps {
  readonly filter: CardFilter;
  readonly onFilterChange: (filter: CardFilter) => void;
}

export function CardFilterForm({ filter, onFilterChange }: CardFilterFormProps) {
  const id = useId();
  const [text, setText] = useState(filter.q);
  const [shownFor, setShownFor] = useState(filter.q);
  // The filter changed from elsewhere (a cleared search, the back button): show that text.
  if (shownFor !== filter.q) {
    setShownFor(filter.q);
    if (text.trim() !== filter.q) setText(filter.q);
  }

  const search = () => {
    const q = text.trim();
    if (q !== filter.q) onFilterChange({ ...filter, q });
  };
  const searchAfterPause = useEffectEvent(search);
  useEffect(() => {
    const timer = setTimeout(searchAfterPause, pauseMs);
    return () => clearTimeout(timer);
  }, [text]);

  return (
    <form
      role="search"
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        search();
      }}
    >
      <div className={styles.search}>
        <label htmlFor={id}>Search cards</label>
        <input
          id={id}
          type="search"
          value={text}
          maxLength={200}
          placeholder="Title, description or tag"
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      <fieldset className={styles.archived}>
        <legend>Show</legend>
        <div className={styles.choices}>
          {(Object.keys(archivedLabels) as ArchivedFilter[]).map((archived) => (
            <label key={archived} className={styles.choice}>
              <input
                type="radio"
                name="archived"
                value={archived}
                checked={filter.archived === archived}
                onChange={() => onFilterChange({ ...filter, archived })}
              />
              {archivedLabels[archived]}
            </label>
          ))}
        </div>
      </fieldset>
    </form>
  );
}
