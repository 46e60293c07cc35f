import { z } from 'zod';

/**
 * What PostgreSQL can keep: it refuses NUL, and half a surrogate pair would come back as another
 * character than was sent.
 */
// eslint-disable-next-line no-control-regex -- NUL is what this is about
const storable = /^[^\u0000\p{Cs}]*$/u;
const storableOnOneLine = /^[^\p{Cc}\p{Cs}]*$/u;

const unstorable = 'must not contain NUL or broken Unicode characters';
const severalLines = 'must be one line without control characters';

/** Text of any number of lines, kept exactly as written. */
export function textUpTo(length: number) {
  return z
    .string('must be a text')
    .max(length, `must have at most ${length} characters`)
    .regex(storable, unstorable);
}

/** A name of one line: space around it is dropped, and something must be left. */
export function lineUpTo(length: number) {
  return z
    .string('must be a text')
    .trim()
    .min(1, 'must not be empty')
    .max(length, `must have at most ${length} characters`)
    .regex(storableOnOneLine, severalLines);
}
