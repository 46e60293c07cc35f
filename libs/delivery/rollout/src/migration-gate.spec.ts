import { type Returnable, judgeMigrations } from './migration-gate.ts';

const revision = (
  name: string,
  migrations: readonly string[] | undefined,
  serving = false,
): Returnable => ({
  name,
  serving,
  migrations,
});
const breaks = (sql: string, ...returnable: readonly Returnable[]) =>
  judgeMigrations([{ tag: '0009_next', sql }], returnable)[0]!.breaks.map(({ name }) => name);

const r1 = revision('backend r1', ['0000']);
const r2 = revision('backend r2', ['0000', '0001_reads_both'], true);
const old = revision('backend r0', undefined);

describe('judgeMigrations', () => {
  it('lets an expanding migration pass, whoever could come back', () => {
    expect(breaks('ALTER TABLE cards ADD note text', old, r1, r2)).toEqual([]);
  });

  it('finds every revision that a contracting migration would break', () => {
    expect(breaks('DROP TABLE a', old, r1, r2)).toEqual(['backend r0', 'backend r1', 'backend r2']);
  });

  it('spares those that are new enough, by the word of the migration itself', () => {
    const sql = '-- contract: safe since 0001_reads_both\nDROP TABLE a';
    expect(breaks(sql, r2)).toEqual([]);
    expect(breaks(sql, r1, r2)).toEqual(['backend r1']);
  });

  it('does not spare a build that cannot tell what it brings', () => {
    expect(breaks('-- contract: safe since 0000\nDROP TABLE a', old, r1)).toEqual(['backend r0']);
  });

  it('has nothing against a first release', () => {
    expect(breaks('DROP TABLE a')).toEqual([]);
  });
});
