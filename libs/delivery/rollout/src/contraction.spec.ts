import fc from 'fast-check';
import { readMigrationTexts } from './contraction.ts';
import { readSql } from './sql-statements.ts';

const reasons = (sql: string) =>
  readMigrationTexts([{ tag: '0001', sql }])[0]!.contractions.map(({ reason }) => reason);

describe('a migration expands', () => {
  it.each([
    'CREATE TABLE "cards" ("id" uuid PRIMARY KEY NOT NULL, "title" text NOT NULL);',
    'CREATE TABLE IF NOT EXISTS notes (id int)',
    'CREATE INDEX "cards_by_change" ON "cards" USING btree ("updated_at","id")',
    'CREATE INDEX CONCURRENTLY drop_table ON cards (title)',
    "CREATE TYPE mood AS ENUM ('happy', 'drop table')",
    'CREATE VIEW live AS SELECT * FROM cards WHERE archived_at IS NULL',
    'ALTER TABLE cards ADD COLUMN note text',
    'ALTER TABLE cards ADD note text',
    'ALTER TABLE IF EXISTS ONLY public.cards ADD COLUMN IF NOT EXISTS note text',
    "ALTER TABLE cards ADD COLUMN state text DEFAULT 'new' NOT NULL",
    'ALTER TABLE cards ADD COLUMN n int GENERATED ALWAYS AS IDENTITY NOT NULL',
    'ALTER TABLE cards ALTER COLUMN note DROP NOT NULL',
    "ALTER TABLE cards ALTER note SET DEFAULT 'x'",
    'ALTER TABLE cards VALIDATE CONSTRAINT title_short',
    "ALTER TYPE mood ADD VALUE 'calm'",
    "UPDATE cards SET note = 'DROP TABLE cards; DELETE FROM cards'",
    "INSERT INTO cards (title) VALUES ('it''s; DROP TABLE cards')",
    "INSERT INTO cards (title) VALUES (E'it\\'; DROP TABLE cards; --')",
    'INSERT INTO cards (title) VALUES ($$; DROP TABLE cards$$)',
    'INSERT INTO cards (title) VALUES ($x$ $$; DROP TABLE cards $x$)',
    'ALTER TABLE cards ADD COLUMN "drop column" text',
    'SELECT 1; -- DROP TABLE cards',
    '/* DROP TABLE cards; /* nested */ DROP TABLE cards */ SELECT 1',
    "COMMENT ON TABLE cards IS 'rename to something else'",
    '',
    ';;; -- nothing',
  ])('%s', (sql) => {
    expect(reasons(sql)).toEqual([]);
  });
});

describe('a migration contracts', () => {
  it.each([
    ['DROP TABLE cards', 'drops a table'],
    ['drop table if exists "Cards" cascade', 'drops a table'],
    ['DROP INDEX cards_by_change', 'drops an index'],
    ['DROP MATERIALIZED VIEW totals', 'drops a materialized view'],
    ['DROP TYPE mood', 'drops a type'],
    ['TRUNCATE cards', 'removes rows'],
    ['DELETE FROM cards WHERE true', 'removes rows'],
    ['WITH old AS (DELETE FROM cards RETURNING *) SELECT * FROM old', 'removes rows'],
    ['ALTER TABLE cards DROP COLUMN title', 'drops a column'],
    ['alter table only "public"."cards" drop title', 'drops a column'],
    ['ALTER TABLE cards DROP CONSTRAINT title_short', 'drops a constraint'],
    ['ALTER TABLE cards RENAME TO card', 'renames what is there'],
    ['ALTER TABLE cards RENAME COLUMN title TO name', 'renames what is there'],
    ['ALTER TABLE cards RENAME title TO name', 'renames what is there'],
    ['ALTER TABLE cards ALTER COLUMN title SET NOT NULL', 'forbids NULL'],
    ['ALTER TABLE cards ALTER "SET" SET NOT NULL', 'forbids NULL'],
    ['ALTER TABLE cards ALTER COLUMN title TYPE varchar(10)', 'changes a type'],
    ['ALTER TABLE cards ALTER title SET DATA TYPE integer USING title::integer', 'changes a type'],
    ['ALTER TABLE cards ALTER COLUMN title DROP DEFAULT', 'drops a default'],
    [
      'ALTER TABLE cards ADD COLUMN owner uuid NOT NULL',
      'adds a column that every row must have, without a default',
    ],
    ['ALTER TABLE cards ADD CONSTRAINT t CHECK (length(title) < 9) NOT VALID', 'adds a constraint'],
    ['ALTER TABLE cards ADD UNIQUE (title)', 'adds a constraint'],
    ['ALTER TABLE cards SET SCHEMA archive', 'moves the table'],
    ['ALTER TABLE cards ENABLE ROW LEVEL SECURITY', 'does what cannot be judged: ENABLE ROW LEVEL'],
    ["ALTER TYPE mood RENAME VALUE 'happy' TO 'glad'", 'renames what is there'],
    ['ALTER VIEW live RENAME TO current', 'renames what is there'],
    ['CREATE UNIQUE INDEX one_title ON cards (title)', 'refuses duplicates that were allowed'],
    ['CREATE OR REPLACE VIEW live AS SELECT id FROM cards', 'replaces what others may be using'],
    [
      'CREATE TRIGGER no_writes BEFORE INSERT ON cards EXECUTE FUNCTION refuse()',
      'changes what writing a row does',
    ],
    ["DO $$ BEGIN EXECUTE 'DROP TABLE cards'; END $$", 'cannot be judged by reading it'],
    ['CALL tidy_up()', 'cannot be judged by reading it'],
    ['REVOKE ALL ON cards FROM app', 'takes a right away'],
    ['ALTER TABLE cards ADD COLUMN a text, ADD b numeric(4, 2), DROP COLUMN c', 'drops a column'],
    ["SELECT ''; /* x */ DrOp /* y */ TaBlE\n-- z\ncards", 'drops a table'],
  ])('%s', (sql, reason) => {
    expect(reasons(sql)).toEqual([reason]);
  });

  it('in each statement that does, with the statement as it was written', () => {
    const [reading] = readMigrationTexts([
      {
        tag: '0002_tidy',
        sql: 'ALTER TABLE a ADD x int;\n--> statement-breakpoint\nDROP TABLE b;\nDROP  TABLE\n c',
      },
    ]);
    expect(reading).toMatchObject({
      kind: 'contract',
      contractions: [{ statement: 'DROP TABLE b' }, { statement: 'DROP TABLE c' }],
    });
  });
});

describe('tables that the same migrations make', () => {
  it('are theirs to constrain, to change and to drop', () => {
    const readings = readMigrationTexts([
      { tag: '1', sql: 'CREATE TABLE "notes" ("card" uuid)' },
      {
        tag: '2',
        sql: `ALTER TABLE "public"."notes" ADD CONSTRAINT fk FOREIGN KEY ("card") REFERENCES cards(id);
              CREATE UNIQUE INDEX one_note ON Notes USING btree (card);
              DROP TABLE notes`,
      },
    ]);
    expect(readings.map(({ kind }) => kind)).toEqual(['expand', 'expand']);
  });

  it('are not those that may have been there before', () => {
    expect(reasons('CREATE TABLE IF NOT EXISTS cards (id int); DROP TABLE cards')).toEqual([
      'drops a table',
    ]);
  });

  it('are not those whose name differs in case under quotes', () => {
    expect(reasons('CREATE TABLE "Cards" (id int); DROP TABLE cards')).toEqual(['drops a table']);
  });
});

describe('a migration says since when it is safe', () => {
  it.each([
    ['-- contract: safe since 0004_reads_both\nDROP TABLE a', '0004_reads_both'],
    ["SELECT '-- contract: safe since 0004_reads_both'; DROP TABLE a", undefined],
    ['DROP TABLE a', undefined],
  ])('%s', (sql, safeSince) => {
    expect(readMigrationTexts([{ tag: '5', sql }])[0]?.safeSince).toBe(safeSince);
  });
});

describe('readSql', () => {
  it('reads anything to its end', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom("'", '"', '$$', '/*', '*/', '--', '\n', ';', 'DROP', ' ', 'é', '$1'),
        ),
        (pieces) => {
          expect(() => readSql(pieces.join(''))).not.toThrow();
        },
      ),
    );
  });

  it('finds a drop behind any string that is closed', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const literal = `'${text.replaceAll("'", "''")}'`;
        expect(reasons(`INSERT INTO a VALUES (${literal}); DROP TABLE b`)).toEqual([
          'drops a table',
        ]);
      }),
    );
  });
});
