'use client';

import { createContext, useContext } from 'react';
import { type CardsClient, createCardsClient } from './cards-client.ts';

/** The page's own origin, unless a test provides another server. */
export const CardsClientContext = createContext<CardsClient>(createCardsClient());

export const useCardsClient = (): CardsClient => useContext(CardsClientContext);
