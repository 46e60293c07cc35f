import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { startTemporaryPostgres, type PostgresServer } from '@prompt-card/embedded-postgres';
import type { CardFields } from '@prompt-card/cards';
import { CardRepository, type CardListing } from './card-repository.ts';
import { Database } from './database.ts';
import { advisoryLock, migrate } from './migrate.ts';
import { readMigrations } from './migration.ts';
import { readSchemaState } from './schema-state.ts';
import { uuidV7 } from './uuid-v7.ts';

jest.setTimeout(60_000);

const migrationsFolder = path.join(__dirname, '..', 'migrations');
let server: PostgresServer;

beforeAll(async () => {
  server = await startTemporaryPostgres();
});
afterAll(() => server.stop());

describe('CardRepository', () => {
  const missingId = '00000000-0000-7000-8000-000000000000';
  let database: Database;
  let repository: CardRepository;
  let now: number;

  beforeAll(async () => {
    await server.createDatabase('cards');
    await migrate({ url: server.url('cards'), migrationsFolder });
    database = new Database({ url: server.url('cards'), applicationName: 'store-spec' });
  });
  afterAll(() => database.close());

  beforeEach(async () => {
    await database.query('TRUNCATE cards');
    now = Date.UTC(2026, 0, 1);
    repository = new CardRepository({
      database,
      now: () => new Date(now),
      newId: () => uuidV7(now, randomBytes(10)),
    });
  });

  const fields = (changes: Partial<CardFields> = {}): CardFields => ({
    title: 'Greeting',
    description: 'Says hello',
    template: 'Hello {{ name }}, welcome to {{ place }}',
    tags: ['mail', 'friendly'],
    ...changes,
  });

  const titles = async (listing: Partial<CardListing> = {}) => {
    const page = await repository.list({ limit: 100, archived: 'exclude', ...listing });
    return page.items.map(({ title }) => title);
  };

  it('returns a created card exactly as it reads it later', async () => {
    const created = await repository.create(fields());
    expect(created).toMatchObject({
      ...fields(),
      variables: ['name', 'place'],
      version: 1,
      archivedAt: null,
      createdAt: new Date(now),
      updatedAt: new Date(now),
    });
    expect(await repository.find(created.id)).toEqual(created);
  });

  it('keeps any text as it was written', async () => {
    const title = `'; DROP TABLE cards; -- "\\ 👩‍🚀 \u202e`;
    const created = await repository.create(fields({ title, tags: ['a,b', '{"c"}', 'NULL'] }));
    expect(await repository.find(created.id)).toEqual(created);
  });

  it('finds nothing under an unknown id', async () => {
    expect(await repository.find(missingId)).toBeUndefined();
  });

  it('changes the given fields only, and counts the change', async () => {
    const created = await repository.create(fields());
    now += 1_000;
    const outcome = await repository.update(created.id, 1, { template: 'Bye {{ name }}' });
    expect(outcome).toEqual({
      kind: 'updated',
      card: {
        ...created,
        template: 'Bye {{ name }}',
        variables: ['name'],
        updatedAt: new Date(now),
        version: 2,
      },
    });
  });

  it('refuses a change based on an older version', async () => {
    const { id } = await repository.create(fields());
    await repository.update(id, 1, { title: 'First' });
    expect(await repository.update(id, 1, { title: 'Second' })).toEqual({
      kind: 'conflict',
      version: 2,
    });
  });

  it('lets one of two concurrent changes win', async () => {
    const { id } = await repository.create(fields());
    const outcomes = await Promise.all(
      ['A', 'B', 'C'].map((title) => repository.update(id, 1, { title })),
    );
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['conflict', 'conflict', 'updated']);
  });

  it('refuses to change an archived or a missing card', async () => {
    const { id } = await repository.create(fields());
    await repository.archive(id);
    expect(await repository.update(id, 2, { title: 'Late' })).toEqual({ kind: 'archived' });
    expect(await repository.update(missingId, 1, {})).toEqual({ kind: 'not-found' });
  });

  it('archives once: the second time changes nothing', async () => {
    const { id } = await repository.create(fields());
    const archived = await repository.archive(id);
    expect(archived).toMatchObject({ archivedAt: new Date(now), version: 2 });
    now += 1_000;
    expect(await repository.archive(id)).toEqual(archived);
    expect(await repository.archive(missingId)).toBeUndefined();
  });

  it('lists the last changed first and leaves archived cards out unless asked', async () => {
    for (const title of ['one', 'two', 'three']) {
      now += 1_000;
      const { id } = await repository.create(fields({ title }));
      if (title === 'two') await repository.archive(id);
    }
    expect(await titles()).toEqual(['three', 'one']);
    expect(await titles({ archived: 'include' })).toEqual(['three', 'two', 'one']);
    expect(await titles({ archived: 'only' })).toEqual(['two']);
  });

  it('shows every card once over all pages, also when times are equal', async () => {
    const wanted = Array.from({ length: 23 }, (_, index) => `card ${index}`);
    for (const [index, title] of wanted.entries()) {
      if (index % 5 === 0) now += 1;
      await repository.create(fields({ title }));
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await repository.list({ limit: 4, archived: 'exclude', cursor });
      seen.push(...page.items.map(({ title }) => title));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect([...seen].sort()).toEqual([...wanted].sort());
    expect(seen).toEqual(await titles());
  });

  it('has no next page after a page that is exactly full', async () => {
    await repository.create(fields());
    const page = await repository.list({ limit: 1, archived: 'exclude' });
    expect(page.nextCursor).toBeNull();
  });

  it('searches title, description and tags in any case and alphabet', async () => {
    await repository.create(fields({ title: 'Äpfel', description: '', tags: [] }));
    await repository.create(fields({ title: 'x', description: 'about äpfel', tags: [] }));
    await repository.create(fields({ title: 'y', description: '', tags: ['ÄPFEL'] }));
    await repository.create(fields({ title: 'z', description: '', tags: [] }));
    expect((await titles({ search: 'äPFEL' })).sort()).toEqual(['x', 'y', 'Äpfel'].sort());
  });

  it.each(['%', '_', '\\', `'`, `100%_\\`])('takes %j in a search as plain text', async (text) => {
    await repository.create(fields({ title: 'nothing of it', description: '', tags: [] }));
    await repository.create(fields({ title: `a${text}b`, description: '', tags: [] }));
    expect(await titles({ search: text })).toEqual([`a${text}b`]);
  });

  it('reads a page from the index instead of sorting the table', async () => {
    await database.query(
      `INSERT INTO cards SELECT gen_random_uuid(), 't', '', 't', '{}', NULL, now(),
         now() - n * interval '1 second', 1 FROM generate_series(1, 5000) AS n`,
    );
    await database.query('ANALYZE cards');
    const plan = await database.query(
      `EXPLAIN SELECT * FROM cards
        WHERE archived_at IS NULL AND (updated_at, id) < (now(), gen_random_uuid())
        ORDER BY updated_at DESC, id DESC LIMIT 21`,
    );
    const text = plan.map((row) => row['QUERY PLAN']).join('\n');
    expect(text).toContain('Index Scan Backward using cards_by_change');
    expect(text).not.toContain('Sort');
  });
});

describe('migrate', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), 'store-migrations-'));
  });
  afterAll(() => fs.rm(folder, { recursive: true, force: true }));

  async function writeMigrations(files: Record<string, string>): Promise<string> {
    const target = await fs.mkdtemp(path.join(folder, 'set-'));
    await fs.mkdir(path.join(target, 'meta'));
    const entries = Object.keys(files).map((tag, idx) => ({ idx, tag, when: idx }));
    await fs.writeFile(path.join(target, 'meta', '_journal.json'), JSON.stringify({ entries }));
    for (const [tag, text] of Object.entries(files)) {
      await fs.writeFile(path.join(target, `${tag}.sql`), text);
    }
    return target;
  }

  async function withDatabase<Result>(name: string, use: (database: Database) => Promise<Result>) {
    await server.createDatabase(name);
    const database = new Database({ url: server.url(name), applicationName: 'store-spec' });
    try {
      return await use(database);
    } finally {
      await database.close();
    }
  }

  it('applies what is pending, tells about each, and then finds nothing to do', async () => {
    await server.createDatabase('fresh');
    const told: string[] = [];
    const options = {
      url: server.url('fresh'),
      migrationsFolder,
      onApplied: ({ tag }: { tag: string }) => told.push(tag),
    };
    const tags = (await readMigrations(migrationsFolder)).map(({ tag }) => tag);
    expect(await migrate(options)).toEqual(tags);
    expect(await migrate(options)).toEqual([]);
    expect(told).toEqual(tags);
  });

  it('lets four processes migrate at once', async () => {
    await server.createDatabase('crowded');
    const results = await Promise.all(
      Array.from({ length: 4 }, () => migrate({ url: server.url('crowded'), migrationsFolder })),
    );
    expect(results.filter((tags) => tags.length > 0)).toHaveLength(1);
  });

  it('gives up when another process keeps its turn', async () => {
    await withDatabase('occupied', async (database) => {
      const holder = database
        .query('SELECT pg_advisory_lock($1), pg_sleep(30)', [advisoryLock])
        .catch((error: unknown) => error);
      await waitForLock(database);
      await expect(
        migrate({ url: server.url('occupied'), migrationsFolder, turnTimeoutMs: 50 }),
      ).rejects.toMatchObject({ code: 'DATABASE_TIMEOUT' });
      await database.query(
        `SELECT pg_cancel_backend(pid) FROM pg_locks WHERE locktype = 'advisory'`,
      );
      await holder;
    });
  });

  it('leaves nothing of a migration that fails half way, and keeps those before it', async () => {
    const broken = await writeMigrations({
      '0000_good': 'CREATE TABLE good (n integer)',
      '0001_bad': 'CREATE TABLE half (n integer)\n--> statement-breakpoint\nSELECT nonsense()',
    });
    await withDatabase('broken', async (database) => {
      await expect(
        migrate({ url: server.url('broken'), migrationsFolder: broken }),
      ).rejects.toMatchObject({
        code: 'MIGRATION_FAILED',
        message: expect.stringContaining('0001_bad'),
      });
      const [row] = await database.query(
        `SELECT to_regclass('good') IS NOT NULL AS good, to_regclass('half') IS NOT NULL AS half`,
      );
      expect(row).toEqual({ good: true, half: false });
      expect(await readSchemaState(database, await readMigrations(broken))).toEqual({
        version: '0000_good',
        pending: ['0001_bad'],
      });
    });
  });

  it('reports an empty database as one without a version', async () => {
    const known = await readMigrations(migrationsFolder);
    const state = await withDatabase('empty', (database) => readSchemaState(database, known));
    expect(state).toEqual({ version: null, pending: known.map(({ tag }) => tag) });
  });

  async function waitForLock(database: Database): Promise<void> {
    const query = `SELECT count(*)::int AS held FROM pg_locks WHERE locktype = 'advisory'`;
    for (;;) {
      const [row] = await database.query(query);
      if (row?.['held'] === 1) return;
    }
  }
});

describe('Database', () => {
  it('says that nothing listens', async () => {
    const database = new Database({
      url: 'postgresql://nobody:secret@127.0.0.1:1/none',
      applicationName: 'store-spec',
    });
    await expect(database.ping()).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    await database.close();
  });

  it('ends a statement that runs too long', async () => {
    const database = new Database({
      url: server.url('postgres'),
      applicationName: 'store-spec',
      statementTimeoutMs: 50,
    });
    await expect(database.query('SELECT pg_sleep(30)')).rejects.toMatchObject({
      code: 'DATABASE_TIMEOUT',
    });
    await database.close();
  });

  it('lets nobody wait longer for a connection than agreed', async () => {
    const database = new Database({
      url: server.url('postgres'),
      applicationName: 'store-spec',
      maxConnections: 1,
      connectTimeoutMs: 50,
      statementTimeoutMs: 500,
    });
    const busy = database.query('SELECT pg_sleep(30)').catch((error: unknown) => error);
    await expect(database.ping()).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    await busy;
    await database.close();
  });

  it('survives that the server ends an idle connection', async () => {
    let ended: () => void = () => undefined;
    const noticed = new Promise<void>((resolve) => (ended = resolve));
    const database = new Database({
      url: server.url('postgres'),
      applicationName: 'store-spec-victim',
      onIdleError: () => ended(),
    });
    await database.ping();
    const other = new Database({ url: server.url('postgres'), applicationName: 'store-spec' });
    await other.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1`,
      ['store-spec-victim'],
    );
    await noticed;
    await database.ping();
    await Promise.all([database.close(), other.close()]);
  });

  it.each(['', 'localhost', 'mysql://root@127.0.0.1/x', 'http://127.0.0.1'])(
    'refuses %j as a URL, without quoting it',
    (url) => {
      expect(() => new Database({ url, applicationName: 'store-spec' })).toThrow(
        expect.objectContaining({ code: 'DATABASE_URL_INVALID' }),
      );
    },
  );
});
