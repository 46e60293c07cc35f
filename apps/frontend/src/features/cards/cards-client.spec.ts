import { createCardsClient } from './cards-client.ts';
import { type CardsServer, failure, startCardsServer } from './testing/cards-server.ts';

let server: CardsServer;

beforeEach(async () => {
  server = await startCardsServer();
});
afterEach(() => server.close());

const client = () => createCardsClient({ baseUrl: server.url });
const fields = { title: 'Greeting', template: 'Hello {{ name }}' };

describe('the cards client', () => {
  it('creates, reads, changes and archives a card', async () => {
    const created = await client().create(fields);
    if (!created.ok) throw new Error(created.problem.title);
    const { id } = created.value;
    expect(created.value).toMatchObject({ ...fields, variables: ['name'], version: 1 });
    expect(await client().get(id)).toEqual(created);
    expect(await client().update(id, { version: 1, title: 'Hi' })).toMatchObject({
      ok: true,
      value: { title: 'Hi', version: 2 },
    });
    expect(await client().archive(id)).toMatchObject({
      value: { archivedAt: expect.any(String) },
    });
  });

  it('asks for a list only by what was given', async () => {
    await client().list({});
    await client().list({ q: '', archived: 'only' });
    await client().list({ q: 'a&b', limit: 5 });
    expect(server.requests).toEqual([
      'GET /api/cards',
      'GET /api/cards?archived=only',
      'GET /api/cards?q=a%26b&limit=5',
    ]);
  });

  it('cannot be led to another path by an id', async () => {
    await client().get('../health?x=/');
    expect(server.requests).toEqual(['GET /api/cards/..%2Fhealth%3Fx%3D%2F']);
  });

  it("hands on the backend's problem, fields included", async () => {
    const errors = [{ field: 'title', message: 'must not be empty' }];
    server.answerNext(failure('INVALID_REQUEST', 'The request is not valid', errors));
    expect(await client().create(fields)).toEqual({
      ok: false,
      problem: {
        type: 'about:blank',
        title: 'The request is not valid',
        status: 400,
        code: 'INVALID_REQUEST',
        requestId: 'request-1',
        errors,
      },
    });
  });

  it.each([
    ['a page instead of JSON', { status: 200, body: '<html>' }],
    ['JSON of another shape', { status: 200, body: { items: 'none' } }],
    ['a failure without a problem document', { status: 500, body: 'Internal Server Error' }],
  ])('reports %s with the request id', async (_, answer) => {
    server.answerNext({ ...answer, headers: { 'x-request-id': 'r-7' } });
    expect(await client().list({})).toMatchObject({
      ok: false,
      problem: { code: 'UNEXPECTED_ANSWER', requestId: 'r-7' },
    });
  });

  it('reports a connection that broke', async () => {
    server.answerNext('disconnect');
    expect(await client().list({})).toMatchObject({ problem: { code: 'SERVER_UNREACHABLE' } });
  });

  it('gives up on an answer that does not come', async () => {
    server.answerNext('hang');
    const impatient = createCardsClient({ baseUrl: server.url, timeoutMs: 50 });
    expect(await impatient.list({})).toMatchObject({ problem: { code: 'SERVER_TIMEOUT' } });
  });
});
