import Link from 'next/link';
import type { ComponentProps, ReactNode } from 'react';
import styles from './button.module.css';

export type ButtonLook = 'plain' | 'primary' | 'danger';

interface ButtonProps extends ComponentProps<'button'> {
  readonly look?: ButtonLook;
  /** Busy buttons keep the focus, so they are not `disabled`; their clicks do nothing. */
  readonly busy?: boolean;
}

export function Button({ look = 'plain', busy = false, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      aria-disabled={busy || undefined}
      className={classOf(look)}
      onClick={busy ? (event) => event.preventDefault() : rest.onClick}
    />
  );
}

interface ButtonLinkProps {
  readonly href: string;
  readonly look?: ButtonLook;
  readonly children: ReactNode;
}

export function ButtonLink({ href, look = 'plain', children }: ButtonLinkProps) {
  return (
    <Link href={href} className={classOf(look)}>
      {children}
    </Link>
  );
}

function classOf(look: ButtonLook): string {
  return [styles.button, look === 'plain' ? undefined : styles[look]].filter(Boolean).join(' ');
}
