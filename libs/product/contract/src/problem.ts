import { z } from 'zod';

/** Every code a problem can have, with the status it comes with. */
export const problemStatuses = {
  INVALID_REQUEST: 400,
  CARD_NOT_FOUND: 404,
  ROUTE_NOT_FOUND: 404,
  CARD_ARCHIVED: 409,
  CARD_VERSION_CONFLICT: 409,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  INTERNAL_ERROR: 500,
  BACKEND_UNREACHABLE: 502,
  SERVICE_UNAVAILABLE: 503,
  BACKEND_TIMEOUT: 504,
} as const satisfies Record<string, number>;

export type ProblemCode = keyof typeof problemStatuses;

export const problemContentType = 'application/problem+json';

export const fieldError = z.object({
  field: z.string().describe('Dotted path into the body, query or path; empty for all of it.'),
  message: z.string(),
});

/** RFC 9457. A reader must expect codes it does not know, so the code is any text. */
export const problem = z
  .object({
    type: z.string().default('about:blank').describe('A URI that names the kind of problem.'),
    title: z.string().describe('The kind of problem in words.'),
    status: z.int().min(400).max(599).describe('The HTTP status.'),
    detail: z.string().optional().describe('What went wrong this time, and what to do about it.'),
    instance: z.string().optional().describe('The path that was asked for.'),
    code: z.string().describe('A stable name for programs to act on.'),
    requestId: z.string().optional().describe('Finds this request in the logs.'),
    errors: z.array(fieldError).optional().describe('What is wrong with each field.'),
  })
  .meta({ id: 'Problem', description: 'Why a request failed (RFC 9457).' });

export type FieldError = z.output<typeof fieldError>;
export type Problem = z.output<typeof problem>;
