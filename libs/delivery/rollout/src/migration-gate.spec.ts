import { type Returnable, judgeMigrations } from './migration-gate.ts';
import { sampleRevision } from './testing/index.ts';

const returnable = (
  number: number,
  migrations: readonly string[] | undefined,
  serving = false,
): Returnable => ({ revision: sampleRevision('backend', number), serving, migrations });
const breaks = (sql: string, ...all: readonly Returnable[]) =>
  judgeMigrations([{ tag: '0009_next', sql }], all)[0]!.breaks.map(({ revision }) => revision.id);

const old = returnable(0, undefined);
const r1 = returnable(1, ['0000']);
const r2 = returnable(2, ['0000', '0001_reads_both'], true);

describe('judgeMigrations', () => {
  it('lets an expanding migration pass, whoever could come back', () => {
    expect(breaks('ALTER TABLE cards ADD note text', old, r1, r2)).toEqual([]);
  });

  it('finds every revision that a contracting migration would break', () => {
    expect(breaks('DROP TABLE a', old, r1, r2)).toEqual(['r0', 'r1', 'r2']);
  });

  it('spares those that are new enough, by the word of the migration itself', () => {
    const sql = '-- contract: safe since 0001_reads_both\nDROP TABLE a';
    expect(breaks(sql, r2)).toEqual([]);
    expect(breaks(sql, r1, r2)).toEqual(['r1']);
  });

  it('does not spare a build that cannot tell what it brings', () => {
    expect(breaks('-- contract: safe since 0000\nDROP TABLE a', old, r1)).toEqual(['r0']);
  });

  it('has nothing against a first release', () => {
    expect(breaks('DROP TABLE a')).toEqual([]);
  });
});
