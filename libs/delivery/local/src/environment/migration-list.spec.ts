import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { listMigrations } from './migration-list.ts';

/** Lists one migration; whether it is pending depends on the database it is told of. */
const PROGRAM = `
if (process.argv[2] !== 'migrations') { console.error('unknown command'); process.exit(1); }
console.log('warming up');
console.log(JSON.stringify({ event: 'migration', tag: '0000_cards', sql: 'CREATE TABLE cards ()',
  ...(process.env.DATABASE_URL ? { pending: true } : {}) }));
`;

describe('listMigrations', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;

  beforeEach(async () => {
    folder = await temporaryFolder();
    await writeFile(path.join(folder.path, 'main.cjs'), PROGRAM);
  });
  afterEach(() => folder.clean());

  it('gives what the build says of itself, with and without a database', async () => {
    const list = (env: Record<string, string>) =>
      listMigrations(folder.path, ['main.cjs', 'migrations'], env);
    const known = { tag: '0000_cards', sql: 'CREATE TABLE cards ()' };
    expect(await list({})).toEqual([{ ...known, pending: undefined }]);
    expect(await list({ DATABASE_URL: 'x' })).toEqual([{ ...known, pending: true }]);
  });

  it('says so where a build cannot tell', async () => {
    await expect(listMigrations(folder.path, ['main.cjs', 'list'], {})).rejects.toMatchObject({
      code: 'MIGRATIONS_UNKNOWN',
      message: expect.stringContaining('unknown command'),
    });
  });
});
