import { cardParams } from '@prompt-card/contract';
import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { CardScreen } from '../../../features/cards/card-screen.tsx';

export const metadata: Metadata = { title: 'Card' };

export default async function CardPage({ params }: PageProps<'/cards/[id]'>) {
  const parsed = cardParams.safeParse(await params);
  if (!parsed.success) notFound();
  return <CardScreen id={parsed.data.id} />;
}
