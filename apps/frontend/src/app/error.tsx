'use client';

import { Button } from '../components/button.tsx';
import { EmptyState } from '../components/empty-state.tsx';

interface ErrorPageProps {
  readonly error: Error & { readonly digest?: string };
  readonly reset: () => void;
}

export default function ErrorPage({ error, reset }: ErrorPageProps) {
  return (
    <EmptyState title="This page broke" level={1}>
      <p>
        That is our mistake.
        {error.digest === undefined ? null : <> Reference: {error.digest}</>}
      </p>
      <Button onClick={reset}>Try again</Button>
    </EmptyState>
  );
}
