import { ChunkedScanner } from './chunked-scanner.ts';

/** How a message says where its body ends (RFC 9112, section 6). */
export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' };

export const NO_BODY: BodyFraming = { kind: 'none' };
export const CHUNKED: BodyFraming = { kind: 'chunked' };
export const UNTIL_CLOSE: BodyFraming = { kind: 'until-close' };

/** A length of 1 to 15 digits: exact as a number, and nothing but digits. */
export function parseContentLength(value: string): number | undefined {
  return /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/** Finds the end of one body in the bytes as they come. */
export class BodyReader {
  #remaining: number;
  readonly #scanner: ChunkedScanner | undefined;

  constructor(framing: BodyFraming) {
    this.#remaining =
      framing.kind === 'length' ? framing.bytes : framing.kind === 'until-close' ? Infinity : 0;
    this.#scanner = framing.kind === 'chunked' ? new ChunkedScanner() : undefined;
  }

  get isDone(): boolean {
    return this.#scanner === undefined ? this.#remaining === 0 : this.#scanner.isDone;
  }

  /** Where the part of the body in `bytes` from `start` ends; undefined if its framing is broken. */
  take(bytes: Buffer, start: number): number | undefined {
    if (this.#scanner !== undefined) return this.#scanner.scan(bytes, start);
    const taken = Math.min(this.#remaining, bytes.length - start);
    this.#remaining -= taken;
    return start + taken;
  }
}
