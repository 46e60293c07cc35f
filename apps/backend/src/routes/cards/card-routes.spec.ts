import { card, problem, problemContentType, type Card } from '@prompt-card/contract';
import type { InjectOptions } from 'fastify';
import {
  startTemporaryPostgres,
  startTestApp,
  type PostgresServer,
  type TestApp,
} from '../../testing/test-app.ts';

jest.setTimeout(60_000);

let server: PostgresServer;
let test: TestApp;

beforeAll(async () => {
  server = await startTemporaryPostgres();
  test = await startTestApp(server, { name: 'routes' });
});
afterAll(async () => {
  await test.close();
  await server.stop();
});
beforeEach(() => test.database.query('TRUNCATE cards'));

const unknownId = '01890a5d-ac96-7abc-8def-0123456789ab';
const body = { title: 'Greeting', template: 'Hello {{ name }}', tags: ['mail'] };

const send = (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object) =>
  test.app.inject({ method, url, ...(payload && { payload }) });

async function createCard(changes: object = {}): Promise<Card> {
  const answer = await send('POST', '/api/cards', { ...body, ...changes });
  expect(answer.statusCode).toBe(201);
  return answer.json();
}

/** Asserts a complete problem and returns it. */
async function expectProblem(request: InjectOptions, status: number, code: string) {
  const answer = await test.app.inject(request);
  expect({ status: answer.statusCode, body: answer.body }).toMatchObject({ status });
  expect(answer.headers['content-type']).toContain(problemContentType);
  expect(answer.headers['x-revision']).toBe('rev-7');
  const found = problem.parse(answer.json());
  expect(found).toMatchObject({ status, code, requestId: answer.headers['x-request-id'] });
  expect(answer.body).not.toMatch(/node_modules|\.ts:\d|at [A-Z]\w+\./);
  return found;
}

describe('POST /api/cards', () => {
  it('creates a card, detects its variables and says where it is', async () => {
    const answer = await send('POST', '/api/cards', { ...body, template: '{{ a }} {{b}} {{ a }}' });
    expect(answer.statusCode).toBe(201);
    const created = card.parse(answer.json());
    expect(created).toMatchObject({
      title: 'Greeting',
      description: '',
      variables: ['a', 'b'],
      tags: ['mail'],
      archivedAt: null,
      version: 1,
    });
    expect(answer.headers['location']).toBe(`/api/cards/${created.id}`);
    expect((await send('GET', `/api/cards/${created.id}`)).json()).toEqual(created);
  });

  it.each([
    ['a missing field', { title: 'x' }, 'template'],
    ['a wrong type', { ...body, title: 7 }, 'title'],
    ['a wrong type inside of a list', { ...body, tags: ['ok', 7] }, 'tags.1'],
    ['an unknown field', { ...body, colour: 'red' }, 'colour'],
    ['a field that the server sets', { ...body, id: unknownId }, 'id'],
    ['an empty title', { ...body, title: '   ' }, 'title'],
    ['a NUL byte', { ...body, title: 'a\u0000b' }, 'title'],
    ['a NUL byte in a tag', { ...body, tags: ['a\u0000b'] }, 'tags.0'],
    ['half a surrogate pair', { ...body, template: 'x\ud800' }, 'template'],
    ['a template of 1 MB', { ...body, template: 'x'.repeat(1_000_000) }, 'template'],
    ['an unclosed variable', { ...body, template: 'Hello {{ name' }, 'template'],
    ['too many tags', { ...body, tags: Array.from({ length: 21 }, (_, n) => `t${n}`) }, 'tags'],
    ['a list in place of an object', [body], ''],
  ])('names the field of %s', async (_claim, payload, field) => {
    const request: InjectOptions = { method: 'POST', url: '/api/cards', payload };
    const { errors } = await expectProblem(request, 400, 'INVALID_REQUEST');
    expect(errors?.map((error) => error.field)).toContain(field);
  });

  it('names all fields that are wrong, not only the first', async () => {
    const payload = { title: '', template: '', extra: 1 };
    const { errors } = await expectProblem(
      { method: 'POST', url: '/api/cards', payload },
      400,
      'INVALID_REQUEST',
    );
    expect(errors?.map(({ field }) => field).sort()).toEqual(['extra', 'template', 'title']);
  });

  it.each([
    ['malformed JSON', '{"title":'],
    ['an empty body', ''],
    ['a prototype', '{"__proto__":{"admin":true},"title":"x","template":"y"}'],
    ['null', 'null'],
    ['a bare string', '"hello"'],
  ])('refuses %s', async (_claim, payload) => {
    const headers = { 'content-type': 'application/json' };
    const request: InjectOptions = { method: 'POST', url: '/api/cards', payload, headers };
    const { errors } = await expectProblem(request, 400, 'INVALID_REQUEST');
    expect(errors).not.toHaveLength(0);
  });

  it.each(['text/plain', 'application/xml', 'multipart/form-data; boundary=x', 'nonsense'])(
    'refuses a body of type %s',
    async (type) => {
      await expectProblem(
        {
          method: 'POST',
          url: '/api/cards',
          payload: JSON.stringify(body),
          headers: { 'content-type': type },
        },
        415,
        'UNSUPPORTED_MEDIA_TYPE',
      );
    },
  );

  it('refuses a body beyond every legal size before reading it', async () => {
    const payload = { ...body, description: 'x'.repeat(3 * 1024 * 1024) };
    await expectProblem({ method: 'POST', url: '/api/cards', payload }, 413, 'PAYLOAD_TOO_LARGE');
  });

  it('accepts the largest template even when every character is escaped', async () => {
    const template = '\u0001'.repeat(100_000);
    expect((await createCard({ template })).template).toBe(template);
  });

  it('keeps SQL in a text as text', async () => {
    const title = `'); DROP TABLE cards; --`;
    expect((await createCard({ title })).title).toBe(title);
    expect((await send('GET', '/api/cards')).json().items).toHaveLength(1);
  });
});

describe('GET /api/cards/:id', () => {
  it('says that there is no such card', async () => {
    const url = `/api/cards/${unknownId}`;
    const { detail, instance } = await expectProblem({ method: 'GET', url }, 404, 'CARD_NOT_FOUND');
    expect(detail).toContain(unknownId);
    expect(instance).toBe(url);
  });

  it.each(['7', 'undefined', `${unknownId}x`, '%00', `'%20OR%201=1`, 'a'.repeat(100)])(
    'refuses the id %j',
    async (id) => {
      const url = `/api/cards/${id}`;
      const { errors } = await expectProblem({ method: 'GET', url }, 400, 'INVALID_REQUEST');
      expect(errors).toEqual([{ field: 'id', message: expect.any(String) }]);
    },
  );

  it('refuses a path that is not percent-encoded', async () => {
    await expectProblem({ method: 'GET', url: '/api/cards/%zz' }, 400, 'INVALID_REQUEST');
  });
});

describe('GET /api/cards', () => {
  it('pages through all cards, the last changed first', async () => {
    const created: string[] = [];
    for (let n = 0; n < 5; n += 1) created.unshift((await createCard({ title: `card ${n}` })).id);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const page = (await send('GET', `/api/cards?limit=2${query}`)).json();
      seen.push(...page.items.map(({ id }: Card) => id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect([...seen].sort()).toEqual([...created].sort());
  });

  it('searches, and filters archived cards', async () => {
    const kept = await createCard({ title: 'Rhubarb' });
    const away = await createCard({ title: 'rhubarb too' });
    await createCard({ title: 'Other' });
    await send('POST', `/api/cards/${away.id}/archive`);
    const ids = async (query: string) =>
      (await send('GET', `/api/cards?${query}`)).json().items.map(({ id }: Card) => id);
    expect(await ids('q=RHUBARB')).toEqual([kept.id]);
    expect(await ids('q=rhubarb&archived=only')).toEqual([away.id]);
    expect(await ids('q=rhubarb&archived=include')).toHaveLength(2);
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=many', 'limit'],
    ['limit=1.5', 'limit'],
    ['archived=maybe', 'archived'],
    ['cursor=%27%20OR%201=1', 'cursor'],
    ['cursor=bm9uc2Vuc2U', 'cursor'],
    ['cursor=', 'cursor'],
    ['q=%00', 'q'],
    ['order=asc', 'order'],
    ['limit=1&limit=2', 'limit'],
  ])('names what is wrong with ?%s', async (query, field) => {
    const url = `/api/cards?${query}`;
    const { errors } = await expectProblem({ method: 'GET', url }, 400, 'INVALID_REQUEST');
    expect(errors?.map((error) => error.field)).toContain(field);
  });
});

describe('PATCH /api/cards/:id', () => {
  it('changes what is given, and the version', async () => {
    const { id } = await createCard();
    const answer = await send('PATCH', `/api/cards/${id}`, { version: 1, template: '{{ other }}' });
    expect(answer.json()).toMatchObject({
      title: 'Greeting',
      template: '{{ other }}',
      variables: ['other'],
      tags: ['mail'],
      version: 2,
    });
  });

  it('refuses a change based on an older version', async () => {
    const { id } = await createCard();
    await send('PATCH', `/api/cards/${id}`, { version: 1, title: 'First' });
    const url = `/api/cards/${id}`;
    const { detail } = await expectProblem(
      { method: 'PATCH', url, payload: { version: 1, title: 'Second' } },
      409,
      'CARD_VERSION_CONFLICT',
    );
    expect(detail).toContain('version 2');
  });

  it('refuses to change an archived card', async () => {
    const { id } = await createCard();
    await send('POST', `/api/cards/${id}/archive`);
    await expectProblem(
      { method: 'PATCH', url: `/api/cards/${id}`, payload: { version: 2, title: 'Late' } },
      409,
      'CARD_ARCHIVED',
    );
  });

  it('says that there is no such card', async () => {
    const request: InjectOptions = {
      method: 'PATCH',
      url: `/api/cards/${unknownId}`,
      payload: { version: 1, title: 'x' },
    };
    await expectProblem(request, 404, 'CARD_NOT_FOUND');
  });

  it.each([
    ['no version', { title: 'x' }, 'version'],
    ['a version of 0', { version: 0, title: 'x' }, 'version'],
    ['a version beyond an integer column', { version: 2 ** 31, title: 'x' }, 'version'],
    ['no change at all', { version: 1 }, ''],
    ['an unknown field', { version: 1, archivedAt: null }, 'archivedAt'],
  ])('names the field of %s', async (_claim, payload, field) => {
    const { id } = await createCard();
    const request: InjectOptions = { method: 'PATCH', url: `/api/cards/${id}`, payload };
    const { errors } = await expectProblem(request, 400, 'INVALID_REQUEST');
    expect(errors?.map((error) => error.field)).toContain(field);
  });
});

describe('POST /api/cards/:id/archive', () => {
  it('archives, and the second time changes nothing', async () => {
    const { id } = await createCard();
    const first = await send('POST', `/api/cards/${id}/archive`);
    expect(first.statusCode).toBe(200);
    expect(card.parse(first.json()).archivedAt).not.toBeNull();
    expect((await send('POST', `/api/cards/${id}/archive`)).json()).toEqual(first.json());
  });

  it('says that there is no such card', async () => {
    const url = `/api/cards/${unknownId}/archive`;
    await expectProblem({ method: 'POST', url }, 404, 'CARD_NOT_FOUND');
  });
});

describe('a route that does not exist', () => {
  it.each([
    ['GET', '/api/nothing'],
    ['DELETE', `/api/cards/${unknownId}`],
    ['GET', '/'],
  ] as const)('%s %s is a problem too', async (method, url) => {
    await expectProblem({ method, url }, 404, 'ROUTE_NOT_FOUND');
  });
});
