import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { readIfPresent } from '@prompt-card/local';
import type { AuditEntry, AuditEvent } from './audit-entry.ts';

/** What an audit log holds. */
export interface AuditContent {
  readonly entries: readonly AuditEntry[];
  /** Lines that cannot be read: their writer died, or somebody was at the file. */
  readonly unreadable: number;
}

/** Who did what to an environment, one line of JSON each; lines are added and never changed. */
export class AuditLog {
  readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  /** Resolves when the entry is on disk. */
  async append(event: AuditEvent, by: string, nowMs: number): Promise<void> {
    const entry: AuditEntry = { at: new Date(nowMs).toISOString(), by, ...event };
    await mkdir(path.dirname(this.file), { recursive: true });
    const handle = await open(this.file, 'a+', 0o600);
    try {
      // A line that was never finished must not take this one with it.
      const border = (await endsInLine(handle)) ? '' : '\n';
      await handle.appendFile(`${border}${JSON.stringify(entry)}\n`);
      await handle.datasync();
    } finally {
      await handle.close();
    }
  }

  /** For what must happen whether or not it can be written down: resolves with the problem, if any. */
  async tryAppend(event: AuditEvent, by: string, nowMs: number): Promise<string | undefined> {
    try {
      await this.append(event, by, nowMs);
      return undefined;
    } catch (error) {
      return `the audit log could not be written: ${(error as Error).message}`;
    }
  }

  async read(): Promise<AuditContent> {
    const lines = ((await readIfPresent(this.file)) ?? '')
      .split('\n')
      .filter((line) => line !== '');
    const entries = lines.flatMap(parseEntry);
    return { entries, unreadable: lines.length - entries.length };
  }
}

async function endsInLine(handle: Awaited<ReturnType<typeof open>>): Promise<boolean> {
  const { size } = await handle.stat();
  if (size === 0) return true;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === 0x0a;
}

function parseEntry(line: string): readonly AuditEntry[] {
  try {
    const entry = JSON.parse(line) as Partial<AuditEntry> | null;
    return typeof entry?.kind === 'string' && typeof entry.at === 'string'
      ? [entry as AuditEntry]
      : [];
  } catch {
    return [];
  }
}
