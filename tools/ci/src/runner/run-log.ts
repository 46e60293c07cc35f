import fs from 'node:fs';
import path from 'node:path';
import type { Masks } from './masks.ts';

/** No job keeps more: a step that prints without end must not fill the disk. */
const maxLogBytes = 32 * 1024 * 1024;

/** Lines a job may show on the terminal; the rest is in its file. */
const maxShownLines = 2000;

const bufferBytes = 64 * 1024;

/** The log of one job: in its file always, on the terminal until it prints too much. */
export class JobLog {
  readonly #file: number;
  readonly #masks: Masks;
  readonly #print: (line: string) => void;
  #buffer = '';
  #bytes = 0;
  #shown = 0;
  readonly path: string;

  constructor(folder: string, name: string, masks: Masks, print: (line: string) => void) {
    this.path = path.join(folder, `${name.replace(/[^\w.-]+/g, '-')}.log`);
    fs.mkdirSync(folder, { recursive: true });
    this.#file = fs.openSync(this.path, 'a');
    this.#masks = masks;
    this.#print = print;
  }

  line(text: string): void {
    if (this.#bytes > maxLogBytes) return;
    const masked = this.#masks.apply(text);
    this.#bytes += masked.length + 1;
    if (this.#bytes > maxLogBytes) this.#write(`(the log ends here: over ${maxLogBytes} bytes)`);
    else this.#write(masked);
    this.#shown += 1;
    if (this.#shown <= maxShownLines) this.#print(masked);
    else if (this.#shown === maxShownLines + 1) this.#print(`(more in ${this.path})`);
  }

  /** A line of the runner's own, always shown. */
  note(text: string): void {
    const masked = this.#masks.apply(text);
    this.#write(masked);
    this.#print(masked);
  }

  /** Everything written so far is in the file. */
  flush(): void {
    if (this.#buffer !== '') fs.writeSync(this.#file, this.#buffer);
    this.#buffer = '';
  }

  close(): void {
    this.flush();
    fs.closeSync(this.#file);
  }

  #write(line: string): void {
    this.#buffer += `${line}\n`;
    if (this.#buffer.length > bufferBytes) this.flush();
  }
}
