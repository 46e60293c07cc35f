import { render } from '@testing-library/react';
import userEvent, { type UserEvent } from '@testing-library/user-event';
import type { ReactElement } from 'react';
import { createCardsClient } from '../cards-client.ts';
import { CardsClientContext } from '../cards-client-context.ts';
import type { CardsServer } from './cards-server.ts';

/** Shows `element` as a page served by `server`; returns the person in front of it. */
export function renderWithServer(element: ReactElement, server: CardsServer): UserEvent {
  const client = createCardsClient({ baseUrl: server.url });
  render(<CardsClientContext value={client}>{element}</CardsClientContext>);
  return userEvent.setup();
}
