import { cardParams } from '@prompt-card/contract';
import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { EditCardScreen } from '../../../../features/cards/edit-card-screen.tsx';

export const metadata: Metadata = { title: 'Edit card' };

export default async function EditCardPage({ params }: PageProps<'/cards/[id]/edit'>) {
  const parsed = cardParams.safeParse(await params);
  if (!parsed.success) notFound();
  return <EditCardScreen id={parsed.data.id} />;
}
