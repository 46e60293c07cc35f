import {
  card,
  cardListQuery,
  cardPage,
  cardParams,
  createCard,
  updateCard,
} from '@prompt-card/contract';
import type { CardRepository, CardUpdate } from '@prompt-card/store';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { ProblemError } from '../../problem-error.ts';
import { problemAnswers } from '../problem-answers.ts';
import { toCardAnswer } from './card-answer.ts';

/** The routes under `/api/cards`. */
export function addCardRoutes(app: FastifyInstance, cards: CardRepository): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const tags = ['cards'];

  routes.get(
    '/api/cards',
    {
      schema: {
        tags,
        summary: 'List cards, the last changed first',
        querystring: cardListQuery,
        response: { 200: cardPage, ...problemAnswers(400, 503) },
      },
    },
    async ({ query: { q, ...listing } }) => {
      const page = await cards.list({ ...listing, search: q });
      return { items: page.items.map(toCardAnswer), nextCursor: page.nextCursor };
    },
  );

  routes.post(
    '/api/cards',
    {
      schema: {
        tags,
        summary: 'Create a card',
        body: createCard,
        response: { 201: card, ...problemAnswers(400, 413, 415, 503) },
      },
    },
    async ({ body }, reply) => {
      const created = await cards.create(body);
      return reply
        .status(201)
        .header('location', `/api/cards/${created.id}`)
        .send(toCardAnswer(created));
    },
  );

  routes.get(
    '/api/cards/:id',
    {
      schema: {
        tags,
        summary: 'Read a card',
        params: cardParams,
        response: { 200: card, ...problemAnswers(400, 404, 503) },
      },
    },
    async ({ params: { id } }) => toCardAnswer((await cards.find(id)) ?? missing(id)),
  );

  routes.patch(
    '/api/cards/:id',
    {
      schema: {
        tags,
        summary: 'Change a card',
        description: 'Refused with 409 when the card has another version than `version`.',
        params: cardParams,
        body: updateCard,
        response: { 200: card, ...problemAnswers(400, 404, 409, 413, 415, 503) },
      },
    },
    async ({ params: { id }, body: { version, ...change } }) =>
      toCardAnswer(updated(id, version, await cards.update(id, version, definedOnly(change)))),
  );

  routes.post(
    '/api/cards/:id/archive',
    {
      schema: {
        tags,
        summary: 'Put a card away',
        description: 'Archiving an archived card changes nothing.',
        params: cardParams,
        response: { 200: card, ...problemAnswers(400, 404, 503) },
      },
    },
    async ({ params: { id } }) => toCardAnswer((await cards.archive(id)) ?? missing(id)),
  );
}

function updated(id: string, version: number, outcome: CardUpdate) {
  switch (outcome.kind) {
    case 'updated':
      return outcome.card;
    case 'not-found':
      return missing(id);
    case 'archived':
      throw new ProblemError('CARD_ARCHIVED', `card ${id} is archived and cannot change any more`);
    case 'conflict':
      throw new ProblemError(
        'CARD_VERSION_CONFLICT',
        `card ${id} has version ${outcome.version}, not ${version}: read it again and repeat the change`,
      );
  }
}

function missing(id: string): never {
  throw new ProblemError('CARD_NOT_FOUND', `there is no card ${id}`);
}

/** Under `exactOptionalPropertyTypes` and in SQL alike, an absent field is not a field that is undefined. */
function definedOnly<Change extends object>(change: Change): Change {
  const defined = Object.entries(change).filter(([, value]) => value !== undefined);
  return Object.fromEntries(defined) as Change;
}
