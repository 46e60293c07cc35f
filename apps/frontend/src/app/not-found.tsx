import type { Metadata } from 'next';
import { ButtonLink } from '../components/button.tsx';
import { EmptyState } from '../components/empty-state.tsx';

export const metadata: Metadata = { title: 'Not found' };

export default function NotFound() {
  return (
    <EmptyState title="There is nothing here" level={1}>
      <p>The address may be mistyped, or the page has moved.</p>
      <ButtonLink href="/">All cards</ButtonLink>
    </EmptyState>
  );
}
