import type { Problem } from '@prompt-card/contract';
import type { ReactNode } from 'react';
import styles from './problem-notice.module.css';

interface ProblemNoticeProps {
  readonly problem: Problem;
  /** What a person can do about it. */
  readonly children?: ReactNode;
}

/** A failure where it happened, read out when it appears. */
export function ProblemNotice({ problem, children }: ProblemNoticeProps) {
  return (
    <div className={styles.notice} role="alert">
      <h2 className={styles.title}>{problem.title}</h2>
      {problem.detail === undefined ? null : <p>{problem.detail}</p>}
      {problem.errors === undefined ? null : (
        <ul>
          {problem.errors.map(({ field, message }) => (
            <li key={`${field} ${message}`}>
              {field} {message}
            </li>
          ))}
        </ul>
      )}
      {children === undefined ? null : <div className={styles.actions}>{children}</div>}
      {problem.requestId === undefined ? null : (
        <p className={styles.reference}>
          {problem.code} · request <code>{problem.requestId}</code>
        </p>
      )}
    </div>
  );
}
