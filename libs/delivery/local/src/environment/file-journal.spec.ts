import { appendFile, chmod, readFile, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { JournalRecord } from '@prompt-card/rollout';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { FileJournal, listRollouts, readJournal } from './file-journal.ts';

const held = () => Promise.resolve(true);

function record(index: number): JournalRecord {
  return { atMs: 1_000 + index, fence: 1, entry: { kind: 'intent', index, step: `step ${index}` } };
}

describe('FileJournal', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let file: string;

  beforeEach(async () => {
    folder = await temporaryFolder();
    file = path.join(folder.path, '1', 'journal.jsonl');
  });
  afterEach(() => folder.clean());

  async function write(count: number): Promise<void> {
    const journal = await FileJournal.open(file, held);
    for (let i = 0; i < count; i += 1) await journal.append(record(i));
  }

  it('gives back what was appended, by any number of writers one after the other', async () => {
    await write(2);
    const journal = await FileJournal.open(file, held);
    await journal.append(record(2));
    expect(await readJournal(file)).toMatchObject({
      records: [record(0), record(1), record(2)],
      tornBytes: 0,
    });
  });

  it('reads whatever prefix of the file a crash left: whole records stay, the torn rest is reported', async () => {
    await write(3);
    const whole = await readFile(file);
    const ends = [...whole.entries()]
      .filter(([, byte]) => byte === 0x0a)
      .map(([index]) => index + 1);
    for (let length = 0; length <= whole.length; length += 1) {
      await writeFile(file, whole.subarray(0, length));
      const content = await readJournal(file);
      const complete = ends.filter((end) => end <= length);
      expect(content?.records).toHaveLength(complete.length);
      expect(content?.tornBytes).toBe(length - (complete.at(-1) ?? 0));
    }
  });

  it('cuts off a torn tail before it appends again', async () => {
    await write(2);
    await appendFile(file, '0123456789abcdef {"atMs":1');
    const journal = await FileJournal.open(file, held);
    await journal.append(record(2));
    expect((await readJournal(file))?.records).toEqual([record(0), record(1), record(2)]);
  });

  it.each([
    ['a changed byte', (text: string) => text.replace('step 0', 'step 9')],
    ['a missing line', (text: string) => text.split('\n').slice(1).join('\n')],
    [
      'two lines in the wrong order',
      (text: string) => {
        const [a, b, c] = text.split('\n');
        return `${b}\n${a}\n${c}\n`;
      },
    ],
    ['binary garbage', (text: string) => `\0\0\0\n${text}`],
  ])('refuses a journal with %s', async (_name, damage) => {
    await write(3);
    await writeFile(file, damage(await readFile(file, 'utf8')));
    await expect(readJournal(file)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' });
  });

  it('does not append for a holder that was overtaken', async () => {
    const journal = await FileJournal.open(file, () => Promise.resolve(false));
    await expect(journal.append(record(0))).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect((await readJournal(file))?.records ?? []).toEqual([]);
  });

  it('leaves out what a writer added that was overtaken between asking and writing', async () => {
    const overtaken = await FileJournal.open(file, held);
    await overtaken.append(record(0));
    const holder = await FileJournal.open(file, held);
    const next = { ...record(1), fence: 2 };
    await holder.append(next);
    await overtaken.append(record(7));
    const after = { ...record(2), fence: 2 };
    await holder.append(after);
    expect((await readJournal(file))?.records).toEqual([record(0), next, after]);
    const reopened = await FileJournal.open(file, held);
    await reopened.append({ ...record(3), fence: 3 });
    expect((await readJournal(file))?.records).toHaveLength(4);
  });

  it('says what it cut off when it was opened', async () => {
    await write(1);
    await appendFile(file, '0123');
    expect((await FileJournal.open(file, held)).tornBytes).toBe(4);
  });

  it('leaves no half of a record that could not be written', async () => {
    await write(1);
    const journal = await FileJournal.open(file, held);
    await chmod(file, 0o400);
    // The superuser may write all the same; then there is nothing to see here.
    const outcome = await journal.append(record(1)).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (outcome !== undefined) expect(outcome).toMatchObject({ code: 'JOURNAL_NOT_WRITTEN' });
    expect((await readJournal(file))?.tornBytes).toBe(0);
  });

  it('says that there is none', async () => {
    expect(await readJournal(file)).toBeUndefined();
    await write(1);
    await truncate(file, 0);
    expect(await readJournal(file)).toMatchObject({ records: [], tornBytes: 0 });
    expect(await listRollouts(path.join(folder.path, 'nowhere'))).toEqual([]);
  });
});
