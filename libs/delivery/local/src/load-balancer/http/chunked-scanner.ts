const CR = 13;
const LF = 10;
const SEMICOLON = 59;

/** More than any real chunk size, trailer or extension takes. */
const MAX_SIZE_DIGITS = 8;
const MAX_EXTENSION_BYTES = 256;
const MAX_TRAILER_BYTES = 8 * 1024;

type State = 'size' | 'extension' | 'size-lf' | 'data' | 'data-cr' | 'data-lf' | 'trailer' | 'done';

/**
 * Reads chunked framing (RFC 9112, section 7.1) to find the body's end, stricter than the grammar asks:
 * CRLF only, at most eight digits, extensions of visible ASCII. The chunks themselves pass on unchanged,
 * so whatever it accepts must mean the same to every reader.
 *
 * `size` reads hexadecimal digits up to CR or an extension; after the last chunk (size 0) `trailer` reads
 * lines up to an empty one.
 */
export class ChunkedScanner {
  #state: State = 'size';
  #size = 0;
  #digits = 0;
  #extensionBytes = 0;
  #trailer = '';
  readonly #onPayload: ((start: number, end: number) => void) | undefined;

  /** `onPayload` is told where the chunks' content lies in the bytes being scanned. */
  constructor(onPayload?: (start: number, end: number) => void) {
    this.#onPayload = onPayload;
  }

  get isDone(): boolean {
    return this.#state === 'done';
  }

  /** Returns where the body's part of `bytes` ends, or undefined where the framing is broken. */
  scan(bytes: Buffer, start: number): number | undefined {
    let at = start;
    while (at < bytes.length && this.#state !== 'done') {
      if (this.#state === 'data') {
        const taken = Math.min(this.#size, bytes.length - at);
        this.#onPayload?.(at, at + taken);
        at += taken;
        this.#size -= taken;
        if (this.#size === 0) this.#state = 'data-cr';
      } else if (!this.#step(bytes[at++] ?? 0)) {
        return undefined;
      }
    }
    return at;
  }

  #step(byte: number): boolean {
    switch (this.#state) {
      case 'size':
        return this.#sizeByte(byte);
      case 'extension':
        if (byte === CR) return this.#go('size-lf');
        return ++this.#extensionBytes <= MAX_EXTENSION_BYTES && byte >= 0x20 && byte <= 0x7e;
      case 'size-lf':
        return byte === LF && this.#go(this.#size === 0 ? 'trailer' : 'data');
      case 'data-cr':
        return byte === CR && this.#go('data-lf');
      case 'data-lf':
        this.#digits = 0;
        return byte === LF && this.#go('size');
      case 'trailer':
        return this.#trailerByte(byte);
      case 'data':
      case 'done':
        return false;
    }
  }

  #sizeByte(byte: number): boolean {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      this.#size = this.#digits === 0 ? digit : this.#size * 16 + digit;
      return ++this.#digits <= MAX_SIZE_DIGITS;
    }
    if (this.#digits === 0) return false;
    if (byte === SEMICOLON) {
      this.#extensionBytes = 0;
      return this.#go('extension');
    }
    return byte === CR && this.#go('size-lf');
  }

  #trailerByte(byte: number): boolean {
    this.#trailer += String.fromCharCode(byte);
    if (this.#trailer.length > MAX_TRAILER_BYTES) return false;
    if (byte !== LF) return true;
    if (this.#trailer === '\r\n') return this.#go('done');
    const isLine = TRAILER_LINE.test(this.#trailer);
    this.#trailer = '';
    return isLine;
  }

  #go(state: State): true {
    this.#state = state;
    return true;
  }
}

/** A trailer must not smuggle in what decides about framing or routing. */
const TRAILER_LINE =
  /^(?!(?:content-length|transfer-encoding|host|connection|upgrade):)[!#$%&'*+\-.^_`|~0-9a-z]+:[\t\x20-\x7e\x80-\xff]*\r\n$/i;

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
