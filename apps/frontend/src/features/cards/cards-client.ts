import {
  type Card,
  type CardListQueryInput,
  type CardPage,
  type CreateCardInput,
  type Problem,
  type UpdateCard,
  card,
  cardPage,
  problem,
} from '@prompt-card/contract';

/** What came of a request: failures are values too, all in the shape a backend's problem has. */
export type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };

/** The backend, as the pages see it. */
export interface CardsClient {
  list(query: CardListQueryInput, signal?: AbortSignal): Promise<Outcome<CardPage>>;
  get(id: string, signal?: AbortSignal): Promise<Outcome<Card>>;
  create(fields: CreateCardInput): Promise<Outcome<Card>>;
  update(id: string, change: UpdateCard): Promise<Outcome<Card>>;
  archive(id: string): Promise<Outcome<Card>>;
}

export interface CardsClientOptions {
  /** Empty for the page's own origin. */
  readonly baseUrl?: string;
  /** For a whole answer; longer than the server waits for the backend, so that its reason arrives. */
  readonly timeoutMs?: number;
}

/** The part of a zod schema that reading an answer needs. */
interface AnswerSchema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false };
}

export function createCardsClient(options: CardsClientOptions = {}): CardsClient {
  const { baseUrl = '', timeoutMs = 15_000 } = options;

  async function ask<T>(
    schema: AnswerSchema<T>,
    path: string,
    init: RequestInit = {},
  ): Promise<Outcome<T>> {
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = init.signal ? AbortSignal.any([init.signal, deadline]) : deadline;
    try {
      const answer = await fetch(baseUrl + path, { ...init, signal });
      return await read(schema, answer);
    } catch {
      return { ok: false, problem: deadline.aborted ? tooLate : unreachable };
    }
  }

  const send = (method: string, body: unknown): RequestInit => ({
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const pathOf = (id: string) => `/api/cards/${encodeURIComponent(id)}`;

  return {
    list: (query, signal) =>
      ask(cardPage, `/api/cards${queryString(query)}`, signal ? { signal } : {}),
    get: (id, signal) => ask(card, pathOf(id), signal ? { signal } : {}),
    create: (fields) => ask(card, '/api/cards', send('POST', fields)),
    update: (id, change) => ask(card, pathOf(id), send('PATCH', change)),
    archive: (id) => ask(card, `${pathOf(id)}/archive`, { method: 'POST' }),
  };
}

function queryString(query: CardListQueryInput): string {
  const entries = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(
    entries.map(([name, value]) => [name, String(value)]),
  ).toString();
  return text === '' ? '' : `?${text}`;
}

async function read<T>(schema: AnswerSchema<T>, answer: Response): Promise<Outcome<T>> {
  const body = parseJson(await answer.text());
  if (answer.ok) {
    const parsed = schema.safeParse(body);
    return parsed.success
      ? { ok: true, value: parsed.data }
      : { ok: false, problem: unexpected(answer) };
  }
  const parsed = problem.safeParse(body);
  return { ok: false, problem: parsed.success ? parsed.data : unexpected(answer) };
}

/** `undefined` for what is not JSON: no schema accepts it. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const unreachable: Problem = {
  type: 'about:blank',
  title: 'The server cannot be reached',
  status: 503,
  detail: 'Check your connection, then try again.',
  code: 'SERVER_UNREACHABLE',
};

const tooLate: Problem = {
  type: 'about:blank',
  title: 'The server takes too long',
  status: 504,
  detail: 'No answer came in time. Try again in a moment.',
  code: 'SERVER_TIMEOUT',
};

function unexpected(answer: Response): Problem {
  const requestId = answer.headers.get('x-request-id');
  return {
    type: 'about:blank',
    title: 'The server gave an answer this page does not understand',
    status: answer.ok ? 502 : Math.max(400, answer.status),
    detail: `It answered with status ${answer.status}. Reloading the page may help after an update.`,
    code: 'UNEXPECTED_ANSWER',
    ...(requestId === null ? {} : { requestId }),
  };
}
