import type { Metadata } from 'next';
import { NewCardScreen } from '../../../features/cards/new-card-screen.tsx';

export const metadata: Metadata = { title: 'New card' };

export default function NewCardPage() {
  return <NewCardScreen />;
}
