import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from '../storage-error.ts';

const KEY_BYTES = 32;

/** A secret that only the server holds: what it signed and reads back, nobody edited in between. */
export interface ServerKey {
  sign(text: string): string;
  verify(text: string, signature: string): boolean;
}

export function serverKey(secret: Uint8Array): ServerKey {
  const sign = (text: string) => createHmac('sha256', secret).update(text).digest('base64url');
  return {
    sign,
    verify(text, signature) {
      const expected = Buffer.from(sign(text));
      const actual = Buffer.from(signature);
      return expected.length === actual.length && timingSafeEqual(expected, actual);
    },
  };
}

/** The key of the folder `root`; made on first use, readable by the server's user alone. */
export function loadServerKey(root: string): ServerKey {
  const path = join(root, 'server.key');
  mkdirSync(root, { recursive: true });
  const secret = readKey(path) ?? createKey(path);
  if (secret.length !== KEY_BYTES) {
    throw new StorageError('STORAGE_KEY_DAMAGED', `${path} holds ${secret.length} bytes, not 32`, {
      next: 'restore it from a backup, or delete it: the cache then starts empty',
    });
  }
  return serverKey(secret);
}

function readKey(path: string): Buffer | undefined {
  try {
    return Buffer.from(readFileSync(path, 'utf8').trim(), 'base64url');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new StorageError('STORAGE_FOLDER_UNUSABLE', `cannot read ${path}`, { cause: error });
  }
}

/** Of two servers that start at once, `link` lets one make the key, and both read that one. */
function createKey(path: string): Buffer {
  const temporary = `${path}.${randomBytes(8).toString('hex')}`;
  const secret = randomBytes(KEY_BYTES);
  writeFileSync(temporary, `${secret.toString('base64url')}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(temporary, path);
    return secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return readKey(path) ?? secret;
  } finally {
    unlinkSync(temporary);
  }
}
