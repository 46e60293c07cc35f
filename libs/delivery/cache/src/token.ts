import type { Grant } from './grant.ts';

/** A long-lived token as the server keeps it: the secret itself is shown once and never stored. */
export interface TokenRecord extends Grant {
  /** Public part of the token; names it in the audit log and in commands. */
  readonly id: string;
  readonly label: string;
  /** Lower-case hexadecimal SHA-256 of the secret part, which is random and long enough for a plain hash. */
  readonly secretSha256: string;
  /** Milliseconds since the Unix epoch, as all times here. */
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
}

/** Whether a token is accepted now. */
export type TokenStanding = 'valid' | 'expired' | 'revoked';

export function tokenStanding(token: TokenRecord, now: number): TokenStanding {
  if (token.revokedAt !== null && token.revokedAt <= now) return 'revoked';
  return token.expiresAt !== null && token.expiresAt <= now ? 'expired' : 'valid';
}

/**
 * Replaces the token `id` by `successor`: the old one stays valid until `overlapUntil`, so that a run
 * which started with it can end with it.
 */
export function rotateToken(
  tokens: readonly TokenRecord[],
  id: string,
  successor: TokenRecord,
  overlapUntil: number,
): readonly TokenRecord[] {
  const shortened = tokens.map((token) =>
    token.id === id
      ? { ...token, expiresAt: Math.min(token.expiresAt ?? Infinity, overlapUntil) }
      : token,
  );
  return [...shortened, successor];
}

/** Revokes the token `id` at `now`; a second revocation keeps the first time. */
export function revokeToken(
  tokens: readonly TokenRecord[],
  id: string,
  now: number,
): readonly TokenRecord[] {
  return tokens.map((token) =>
    token.id === id ? { ...token, revokedAt: token.revokedAt ?? now } : token,
  );
}
