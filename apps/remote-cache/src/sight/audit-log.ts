import { createWriteStream, renameSync, statSync, type WriteStream } from 'node:fs';

/** What is written down: who changed what the cache holds, or tried to. Reads are only counted. */
export type AuditEvent =
  | { readonly event: 'stored' | 'exists'; readonly artifact: string; readonly size: number }
  | { readonly event: 'refused'; readonly artifact: string; readonly reason: string }
  | { readonly event: 'denied'; readonly path: string }
  | { readonly event: 'incomplete'; readonly artifact: string; readonly received: number }
  | { readonly event: 'evicted'; readonly artifact: string; readonly reason: string }
  | { readonly event: 'quarantined'; readonly artifact: string; readonly reason: string }
  | { readonly event: 'scope-dropped'; readonly scope: string; readonly artifacts: number }
  | { readonly event: 'exchanged'; readonly scope: string; readonly mode: string }
  | { readonly event: 'exchange-refused'; readonly reason: string }
  | { readonly event: 'started' | 'stopped' };

export interface AuditActor {
  readonly principal?: string;
  readonly run?: string | null;
  readonly address?: string | undefined;
}

const ROTATE_BYTES = 64 * 1024 * 1024;

/** Appends one JSON object a line; keeps the file before this one when it has grown large. */
export class AuditLog {
  readonly #path: string;
  #stream: WriteStream;
  #bytes: number;

  constructor(path: string) {
    this.#path = path;
    this.#bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    this.#stream = this.#open();
  }

  record(event: AuditEvent, actor: AuditActor = {}): void {
    const line = `${JSON.stringify({ time: new Date().toISOString(), ...event, ...actor })}\n`;
    this.#bytes += line.length;
    this.#stream.write(line);
    if (this.#bytes > ROTATE_BYTES) this.#rotate();
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#stream.end(() => resolve()));
  }

  #rotate(): void {
    this.#stream.end();
    renameSync(this.#path, `${this.#path}.1`);
    this.#bytes = 0;
    this.#stream = this.#open();
  }

  #open(): WriteStream {
    const stream = createWriteStream(this.#path, { flags: 'a', mode: 0o600 });
    // A full disk must not stop the server; the line is lost and the metric of refusals tells of it.
    stream.on('error', () => undefined);
    return stream;
  }
}
