import styles from './live-status.module.css';

/** Words that only assistive technology reads out, when they change and nothing else is being said. */
export function LiveStatus({ children }: { readonly children: string }) {
  return (
    <p className={styles.hidden} role="status">
      {children}
    </p>
  );
}
