import type { ReactNode } from 'react';
import styles from './empty-state.module.css';

interface EmptyStateProps {
  readonly title: string;
  readonly level: 1 | 2;
  readonly children: ReactNode;
}

/** Stands where content would: says why there is none, and what to do. */
export function EmptyState({ title, level, children }: EmptyStateProps) {
  const Heading = level === 1 ? 'h1' : 'h2';
  return (
    <section className={styles.empty}>
      <Heading className={styles.title}>{title}</Heading>
      {children}
    </section>
  );
}
