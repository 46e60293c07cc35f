import { once } from 'node:events';
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseTemplate } from '@prompt-card/cards';
import {
  type Card,
  type CreateCardInput,
  type Problem,
  type ProblemCode,
  card as cardSchema,
  cardListQuery,
  createCard,
  fieldErrors,
  problemContentType,
  problemStatuses,
  updateCard,
} from '@prompt-card/contract';

/** One answer, as it goes over the wire. A string body is sent as it is. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The edge of the network in specs: the contract's routes over a list in memory. */
export interface CardsServer {
  readonly url: string;
  /** What was asked, as `GET /api/cards?limit=1`. */
  readonly requests: readonly string[];
  add(fields: CreateCardInput): Card;
  /** Changes a card as another person would. */
  change(id: string, change: Partial<Card>): Card;
  /** Gives the next request this answer, or none at all. */
  answerNext(answer: Answer | 'hang' | 'disconnect'): void;
  close(): Promise<void>;
}

export async function startCardsServer(): Promise<CardsServer> {
  const cards = new Map<string, Card>();
  const requests: string[] = [];
  const scripted: (Answer | 'hang' | 'disconnect')[] = [];
  let created = 0;

  function add(fields: CreateCardInput): Card {
    created += 1;
    const parsed = createCard.parse(fields);
    const at = new Date(Date.UTC(2026, 0, 1, 0, 0, created)).toISOString();
    const card = cardSchema.parse({
      ...parsed,
      id: `00000000-0000-4000-8000-${String(created).padStart(12, '0')}`,
      variables: variablesOf(parsed.template),
      archivedAt: null,
      createdAt: at,
      updatedAt: at,
      version: 1,
    });
    cards.set(card.id, card);
    return card;
  }

  function change(id: string, change: Partial<Card>): Card {
    const before = cards.get(id);
    if (before === undefined) throw new Error(`There is no card ${id}.`);
    const merged = { ...before, ...change, version: before.version + 1 };
    const card = { ...merged, variables: variablesOf(merged.template) };
    cards.set(id, card);
    return card;
  }

  function list(query: URLSearchParams): Answer {
    const parsed = cardListQuery.safeParse(Object.fromEntries(query));
    if (!parsed.success) return invalid(parsed.error.issues);
    const { limit, cursor, archived, q = '' } = parsed.data;
    const found = [...cards.values()]
      .reverse()
      .filter(
        (card) => archived === 'include' || (card.archivedAt !== null) === (archived === 'only'),
      )
      .filter((card) =>
        `${card.title} ${card.tags.join(' ')}`.toLowerCase().includes(q.toLowerCase()),
      );
    const from = Number(cursor ?? 0);
    const nextCursor = from + limit < found.length ? String(from + limit) : null;
    return { status: 200, body: { items: found.slice(from, from + limit), nextCursor } };
  }

  async function answer(request: IncomingMessage): Promise<Answer> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const [, , , id, action] = url.pathname.split('/');
    const asked = `${request.method} ${id === undefined ? 'all' : (action ?? 'one')}`;
    if (asked === 'GET all') return list(url.searchParams);
    if (asked === 'POST all') {
      const parsed = createCard.safeParse(await json(request));
      if (!parsed.success) return invalid(parsed.error.issues);
      return { status: 201, body: add(parsed.data) };
    }
    const card = cards.get(id ?? '');
    if (card === undefined) return failure('CARD_NOT_FOUND', 'There is no such card');
    if (asked === 'GET one') return { status: 200, body: card };
    if (asked === 'POST archive') {
      return { status: 200, body: change(card.id, { archivedAt: '2026-02-01T00:00:00.000Z' }) };
    }
    const parsed = updateCard.safeParse(await json(request));
    if (!parsed.success) return invalid(parsed.error.issues);
    const { version, ...fields } = parsed.data;
    if (version !== card.version) {
      return failure('CARD_VERSION_CONFLICT', 'The card was changed in the meantime');
    }
    return { status: 200, body: change(card.id, fields) };
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    requests.push(`${request.method} ${request.url}`);
    const next = scripted.shift();
    if (next === 'hang') return;
    if (next === 'disconnect') {
      request.socket.destroy();
      return;
    }
    const { status, body, headers } = next ?? (await answer(request));
    const type = status < 400 ? 'application/json' : problemContentType;
    response.writeHead(status, { 'content-type': type, ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }

  const server = createServer((request, response) => void handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    add,
    change,
    answerNext: (answer) => void scripted.push(answer),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function variablesOf(template: string): string[] {
  const parsed = parseTemplate(template);
  return parsed.ok ? [...parsed.template.variables] : [];
}

async function json(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString());
}

function invalid(issues: Parameters<typeof fieldErrors>[0]): Answer {
  return failure('INVALID_REQUEST', 'The request is not valid', fieldErrors(issues));
}

export function failure(code: ProblemCode, title: string, errors?: Problem['errors']): Answer {
  const status = problemStatuses[code];
  const problem: Problem = { type: 'about:blank', title, status, code, requestId: 'request-1' };
  return { status, body: errors === undefined ? problem : { ...problem, errors } };
}
