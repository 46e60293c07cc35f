import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseTrustScope, type Grant, type TokenRecord, type TrustScope } from '@prompt-card/cache';
import { z } from 'zod';
import { RemoteCacheError } from '../remote-cache-error.ts';

const tokenSchema = z.object({
  id: z.string().regex(/^[0-9a-f]{8}$/),
  label: z.string(),
  secretSha256: z.string().regex(/^[0-9a-f]{64}$/),
  scope: z.custom<TrustScope>((value) => typeof value === 'string' && !!parseTrustScope(value)),
  mode: z.enum(['read-write', 'read-only']),
  createdAt: z.number(),
  expiresAt: z.number().nullable(),
  revokedAt: z.number().nullable(),
});

const fileSchema = z.object({
  tokens: z.array(tokenSchema),
  /** Ids of exchanged tokens that were revoked before their end. */
  revokedSessions: z.array(z.object({ id: z.string(), at: z.number() })).default([]),
});

/** What the token file holds: no secret, only their digests. */
export interface Tokens {
  readonly tokens: readonly TokenRecord[];
  readonly revokedSessions: readonly { readonly id: string; readonly at: number }[];
}

const NONE: Tokens = { tokens: [], revokedSessions: [] };

/** A new token: the text is shown once, the record is kept. */
export function issueToken(
  grant: Grant,
  label: string,
  createdAt: number,
  expiresAt: number | null,
): { readonly text: string; readonly record: TokenRecord } {
  const id = randomBytes(4).toString('hex');
  const secret = randomBytes(32).toString('base64url');
  const secretSha256 = digestOf(secret);
  const record = { ...grant, id, label, secretSha256, createdAt, expiresAt, revokedAt: null };
  return { text: `pct_${id}_${secret}`, record };
}

export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** The tokens in `path`; no file means none. A damaged one is an error: nothing is guessed about access. */
export function readTokens(path: string): Tokens {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return NONE;
    throw error;
  }
  try {
    return fileSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new RemoteCacheError('TOKEN_FILE_DAMAGED', `${path} is not a token file`, {
      cause,
      next: 'restore it from a backup, or delete it and create the tokens anew',
    });
  }
}

/** Replaces the file as a whole; a running server takes it up within a second. */
export function writeTokens(path: string, tokens: Tokens): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(tokens, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(temporary, path);
}

/** Changes with every {@link writeTokens}. */
export function tokenFileVersion(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats ? `${stats.ino}:${stats.mtimeMs}:${stats.size}` : 'none';
}
