import type { z } from 'zod';
import type { FieldError } from './problem.ts';

/** The part of a zod issue that names what is wrong. */
type Issue = Pick<z.core.$ZodIssue, 'path' | 'message'> & {
  readonly code?: string | undefined;
  readonly keys?: readonly string[];
};

/** What zod found, by field: the same list whether a browser or the backend looked. */
export function fieldErrors(issues: readonly Issue[]): FieldError[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code !== 'unrecognized_keys') {
      return [{ field: path.join('.'), message: issue.message }];
    }
    // zod reports unknown fields at the object that holds them; people look for the field.
    return (issue.keys ?? []).map((key) => ({
      field: [...path, key].join('.'),
      message: 'is not a known field',
    }));
  });
}
