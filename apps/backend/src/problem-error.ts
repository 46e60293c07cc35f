import type { FieldError, Problem, ProblemCode } from '@prompt-card/contract';
import { CodedError } from '@prompt-card/core';

/** A failure that a client may know about. Everything else that is thrown becomes `INTERNAL_ERROR`. */
export class ProblemError extends CodedError<ProblemCode> {
  readonly errors: readonly FieldError[] | undefined;

  constructor(code: ProblemCode, detail: string, errors?: readonly FieldError[], cause?: unknown) {
    super(code, detail, { cause });
    this.errors = errors;
  }
}

/** What each code means, in words: the `title` of a problem and the table in docs/errors.md. */
export const problemTitles: Record<ProblemCode, string> = {
  INVALID_REQUEST: 'The request is not valid',
  CARD_NOT_FOUND: 'There is no such card',
  ROUTE_NOT_FOUND: 'There is no such route',
  CARD_ARCHIVED: 'The card is archived',
  CARD_VERSION_CONFLICT: 'The card has changed since it was read',
  PAYLOAD_TOO_LARGE: 'The request is too large',
  UNSUPPORTED_MEDIA_TYPE: 'The body is not JSON',
  INTERNAL_ERROR: 'Something went wrong here',
  BACKEND_UNREACHABLE: 'The backend cannot be reached',
  SERVICE_UNAVAILABLE: 'The service cannot answer at the moment',
  BACKEND_TIMEOUT: 'The backend took too long',
};

export interface RequestFacts {
  readonly requestId: string;
  /** The path without the query, which may hold what users wrote. */
  readonly path: string;
}

/** RFC 9457 from an error and the request it ended. */
export function toProblem(
  error: ProblemError,
  status: number,
  { requestId, path }: RequestFacts,
): Problem {
  return {
    type: 'about:blank',
    title: problemTitles[error.code],
    status,
    detail: error.message,
    instance: path,
    code: error.code,
    requestId,
    ...(error.errors && { errors: [...error.errors] }),
  };
}
