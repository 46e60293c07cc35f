import type { Metadata, Viewport } from 'next';
import Link from 'next/link';
import { connection } from 'next/server';
import type { ReactNode } from 'react';
import { ButtonLink } from '../components/button.tsx';
import { serverConfig } from '../config.ts';
import './globals.css';
import styles from './layout.module.css';

export const metadata: Metadata = {
  title: { default: 'Prompt Cards', template: '%s · Prompt Cards' },
  description: 'Keep prompts as cards, fill in their variables, and use them.',
};

export const viewport: Viewport = {
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#fffefa' },
    { media: '(prefers-color-scheme: dark)', color: '#211f1c' },
  ],
};

export default async function RootLayout({ children }: { readonly children: ReactNode }) {
  // Each page carries the nonce of its own request, so none can be rendered ahead of one.
  await connection();
  return (
    <html lang="en">
      <body>
        <a className={styles.skip} href="#content">
          Skip to content
        </a>
        <header className={styles.header}>
          <div className={styles.bar}>
            <Link className={styles.brand} href="/">
              <Mark />
              Prompt Cards
            </Link>
            <nav aria-label="Main">
              <ButtonLink href="/cards/new" look="primary">
                New card
              </ButtonLink>
            </nav>
          </div>
        </header>
        <main id="content" className={styles.main} tabIndex={-1}>
          {children}
        </main>
        <footer className={styles.footer}>
          Revision <code>{serverConfig().revision}</code>
        </footer>
      </body>
    </html>
  );
}

/** An index card with its red line and a pair of braces. */
function Mark() {
  return (
    <svg className={styles.mark} viewBox="0 0 42 30" aria-hidden="true" focusable="false">
      <rect x="1" y="1" width="40" height="28" rx="4" fill="none" stroke="currentColor" />
      <path d="M1 9h40" stroke="var(--rule)" strokeWidth="1.5" />
      <path
        d="M17 13c-4 0-1 6-5 6 4 0 1 6 5 6M25 13c4 0 1 6 5 6-4 0-1 6-5 6"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.8"
        strokeLinecap="round"
      />
    </svg>
  );
}
