import { createHash } from 'node:crypto';
import { mkdir, open, readdir, truncate } from 'node:fs/promises';
import path from 'node:path';
import { type Journal, type JournalRecord, RolloutError } from '@prompt-card/rollout';
import { readIfPresent, syncFolder } from './durable-file.ts';

/** What a journal file holds. */
export interface JournalContent {
  readonly records: readonly JournalRecord[];
  /** Bytes after the last whole record: what a writer that died had begun, and nobody was told of. */
  readonly tornBytes: number;
}

/**
 * One line per record: `<sha256 of the record, 16 hex digits> <record as JSON>\n`, synced before `append`
 * resolves. The checksum covers the line before as well, so a line that is missing is found like one
 * that is damaged. A writer that was stopped between asking for its lease and writing, and was overtaken
 * meanwhile, adds a line that continues an older one: its fence is outdated, and it is left out.
 */
export class FileJournal implements Journal {
  readonly file: string;
  /** What was cut off at the end when the journal was opened. */
  readonly tornBytes: number;
  readonly #holdsLease: (fence: number) => Promise<boolean>;
  #previous: string;

  private constructor(
    file: string,
    previous: string,
    tornBytes: number,
    holdsLease: (fence: number) => Promise<boolean>,
  ) {
    this.file = file;
    this.tornBytes = tornBytes;
    this.#previous = previous;
    this.#holdsLease = holdsLease;
  }

  /** Opens a journal for appending; makes it if needed, and cuts off a torn tail. */
  static async open(
    file: string,
    holdsLease: (fence: number) => Promise<boolean>,
  ): Promise<FileJournal> {
    await mkdir(path.dirname(file), { recursive: true });
    const text = await readIfPresent(file);
    const { lastChecksum, tornBytes } = parse(file, text ?? '');
    if (text !== undefined && tornBytes > 0) {
      await truncate(file, Buffer.byteLength(text) - tornBytes);
    }
    return new FileJournal(file, lastChecksum, tornBytes, holdsLease);
  }

  async append(record: JournalRecord): Promise<void> {
    if (!(await this.#holdsLease(record.fence))) {
      throw new RolloutError('LEASE_LOST', `lease ${record.fence} was taken over`, {
        next: 'see who has it: nx run deploy:status',
      });
    }
    const json = JSON.stringify(record);
    const checksum = checksumOf(this.#previous, json);
    try {
      await this.#write(`${checksum} ${json}\n`);
    } catch (cause) {
      throw new RolloutError(
        'JOURNAL_NOT_WRITTEN',
        `${this.file} cannot be written: ${(cause as Error).message}`,
        {
          cause,
          next: 'make room on the disk and run the same command again; what serves goes on',
        },
      );
    }
    this.#previous = checksum;
  }

  /** All of the line, or nothing: half of one would damage the next. */
  async #write(line: string): Promise<void> {
    const handle = await open(this.file, 'a', 0o600);
    try {
      const { size } = await handle.stat();
      try {
        await handle.appendFile(line);
        await handle.datasync();
      } catch (error) {
        await handle.truncate(size);
        throw error;
      }
    } finally {
      await handle.close();
    }
    await syncFolder(path.dirname(this.file));
  }
}

/** Reads a journal; `undefined` where there is none. Damage before the last line is an error. */
export async function readJournal(file: string): Promise<JournalContent | undefined> {
  const text = await readIfPresent(file);
  return text === undefined ? undefined : parse(file, text);
}

/** Ids of the rollouts that have a journal in `folder`, oldest first. */
export async function listRollouts(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(a) - Number(b));
}

function parse(file: string, text: string): JournalContent & { readonly lastChecksum: string } {
  const lines = text.split('\n');
  // After the last newline stands nothing, or what a writer that died had begun.
  let tornBytes = Buffer.byteLength(lines.pop() ?? '');
  const records: JournalRecord[] = [];
  let previous = '';
  let fence = 0;
  const earlier: string[] = [''];
  for (const [index, line] of lines.entries()) {
    const [checksum = '', json = ''] = splitOnce(line);
    if (checksum !== checksumOf(previous, json)) {
      if (isOutdated(checksum, json, earlier, fence)) continue;
      // The last line may be torn and yet end in a newline: the file's length can reach the disk first.
      if (index === lines.length - 1) {
        tornBytes += Buffer.byteLength(line) + 1;
        break;
      }
      throw new RolloutError(
        'JOURNAL_CORRUPT',
        `${file}, line ${index + 1}: the checksum is wrong`,
        {
          next: 'go back by what runs, without this journal: npx nx run deploy:rollback',
        },
      );
    }
    const record = JSON.parse(json) as JournalRecord;
    records.push(record);
    previous = checksum;
    fence = record.fence;
    earlier.push(checksum);
  }
  return { records, tornBytes, lastChecksum: previous };
}

/** A whole line that continues an older one under a lease that was overtaken by then. */
function isOutdated(
  checksum: string,
  json: string,
  earlier: readonly string[],
  fence: number,
): boolean {
  return (
    earlier.some((previous) => checksum === checksumOf(previous, json)) &&
    (JSON.parse(json) as JournalRecord).fence < fence
  );
}

function splitOnce(line: string): readonly string[] {
  const space = line.indexOf(' ');
  return space < 0 ? [line] : [line.slice(0, space), line.slice(space + 1)];
}

function checksumOf(previous: string, json: string): string {
  return createHash('sha256').update(previous).update(json).digest('hex').slice(0, 16);
}
