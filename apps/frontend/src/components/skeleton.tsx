import styles from './skeleton.module.css';

/** The outline of a card that is on its way; words for it stand in a status beside it. */
export function Skeleton() {
  return (
    <div className={styles.skeleton} aria-hidden="true">
      <div className={styles.line} />
      <div className={styles.line} />
      <div className={styles.line} />
    </div>
  );
}
