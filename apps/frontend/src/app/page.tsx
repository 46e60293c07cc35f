import { Suspense } from 'react';
import { CardListScreen } from '../features/cards/card-list-screen.tsx';

export default function CardsPage() {
  return (
    <Suspense>
      <CardListScreen />
    </Suspense>
  );
}
