/** What a {@link CodedError} carries besides its message. */
export interface CodedErrorOptions {
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** The next move, best a command to run: printed after the message. */
  readonly next?: string;
}

/**
 * An error with a stable code and a next move. Each lib has one subclass with a closed union of codes;
 * the message states the fact and the offending value.
 */
export class CodedError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly next: string | undefined;

  constructor(code: Code, message: string, options: CodedErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.next = options.next;
  }
}
