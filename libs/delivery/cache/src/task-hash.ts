/** A task's hash as Nx computes it: the name under which an artifact is looked up. */
export type TaskHash = string & { readonly __brand: 'TaskHash' };

/**
 * Nx's own hashes are unsigned decimals; custom hashers return other words. The alphabet has no dot,
 * slash, percent sign or control character, so a hash is a safe file name and object key as it is.
 */
const TASK_HASH = /^[0-9A-Za-z_-]{1,128}$/;

/** The hash that `text` spells, or `undefined`. */
export function parseTaskHash(text: string): TaskHash | undefined {
  return TASK_HASH.test(text) ? (text as TaskHash) : undefined;
}
