import fs from 'node:fs';
import path from 'node:path';
import { generateDrizzleJson, generateMigration } from 'drizzle-kit/api';
import { pendingMigrations, readMigrations } from './migration.ts';
import * as schema from './schema.ts';

const migration = (tag: string, hash = tag) => ({ tag, hash, statements: [] });
const folder = path.join(__dirname, '..', 'migrations');

describe('pendingMigrations', () => {
  const known = [migration('0000_a'), migration('0001_b')];

  it('names what the database lacks, in order', () => {
    expect(pendingMigrations(known, []).map(({ tag }) => tag)).toEqual(['0000_a', '0001_b']);
    expect(pendingMigrations(known, [migration('0000_a')])).toEqual([migration('0001_b')]);
  });

  it('accepts a database that a newer revision has migrated', () => {
    expect(pendingMigrations(known, [...known, migration('0002_newer')])).toEqual([]);
  });

  it('refuses a migration that changed after it was applied', () => {
    expect(() => pendingMigrations(known, [migration('0000_a', 'other')])).toThrow(
      expect.objectContaining({
        code: 'MIGRATION_CHANGED',
        message: expect.stringContaining('0000_a'),
      }),
    );
  });
});

describe('the checked-in migrations', () => {
  it('can be read', async () => {
    const [first] = await readMigrations(folder);
    expect(first).toMatchObject({
      tag: '0000_cards',
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(first?.statements.length).toBeGreaterThan(1);
  });

  it('say that a folder without migrations is unreadable', async () => {
    await expect(readMigrations(__dirname)).rejects.toMatchObject({
      code: 'MIGRATIONS_UNREADABLE',
    });
  });

  it('lead exactly to the schema in the code', async () => {
    const snapshots = fs.readdirSync(path.join(folder, 'meta')).filter((name) => /^\d/.test(name));
    const last = JSON.parse(
      fs.readFileSync(path.join(folder, 'meta', snapshots.sort().at(-1)!), 'utf8'),
    );
    const wanted = generateDrizzleJson(schema, last.id);
    expect(await generateMigration(last, wanted)).toEqual([]);
  });

  it('only ever add, so that the revision before keeps working', async () => {
    const statements = (await readMigrations(folder)).flatMap((each) => each.statements);
    expect(statements.filter((text) => /\b(DROP|RENAME)\b/i.test(text))).toEqual([]);
  });
});
