import type { Journal, JournalRecord, RequestInbox } from '../ports.ts';

type Request = NonNullable<Awaited<ReturnType<RequestInbox['take']>>>;

/** A journal in memory; `crashAfter` lets the writer die after so many records. */
export class FakeJournal implements Journal {
  readonly records: JournalRecord[] = [];
  crashAfter = Infinity;

  append(record: JournalRecord): Promise<void> {
    if (this.records.length >= this.crashAfter) return Promise.reject(new Crash());
    this.records.push(record);
    return Promise.resolve();
  }
}

/** The end of a controller's process, as far as a test in one process can have it. */
export class Crash extends Error {
  override name = 'Crash';
}

/** Requests given from the start, each with the number of looks before it is there. */
export class FakeInbox implements RequestInbox {
  private readonly queue: { readonly afterLooks: number; readonly request: Request }[] = [];
  private looks = 0;

  put(request: Request, afterLooks = 0): void {
    this.queue.push({ afterLooks, request });
  }

  take(): Promise<Request | undefined> {
    this.looks += 1;
    const next = this.queue.findIndex(({ afterLooks }) => this.looks > afterLooks);
    return Promise.resolve(next < 0 ? undefined : this.queue.splice(next, 1)[0]?.request);
  }
}
