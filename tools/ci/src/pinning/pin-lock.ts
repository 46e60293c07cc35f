import fs from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { CiError } from '../ci-error.ts';

/** Which version of each action is used, and the commit it stood at when that was looked up. */
export const pinLockPath = '.github/actions-lock.json';

const pinSchema = z.strictObject({
  version: z.string().regex(/^v\d+(\.\d+){0,2}$/),
  /** Null until `ci:pins --fill` has asked the remote: a commit is looked up, never made up. */
  commit: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .nullable(),
});

const lockSchema = z.strictObject({ actions: z.record(z.string(), pinSchema) });

export type Pin = z.infer<typeof pinSchema>;
export type PinLock = z.infer<typeof lockSchema>;

export function readPinLock(root: string): PinLock {
  const file = path.join(root, pinLockPath);
  try {
    return lockSchema.parse(JSON.parse(fs.readFileSync(file, 'utf8')));
  } catch (cause) {
    const detail = cause instanceof z.ZodError ? z.prettifyError(cause) : String(cause);
    throw new CiError('CONFIG_INVALID', `${pinLockPath}: ${detail}`, {
      cause,
      next: 'each action is "owner/name": { "version": "v1", "commit": null }',
    });
  }
}

export function writePinLock(root: string, lock: PinLock): void {
  fs.writeFileSync(path.join(root, pinLockPath), `${JSON.stringify(lock, null, 2)}\n`);
}
