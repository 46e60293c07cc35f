import { timingSafeEqual } from 'node:crypto';
import { tokenStanding } from '@prompt-card/cache';
import type { Logger } from '@prompt-card/core';
import type { ServerKey } from '@prompt-card/storage';
import type { Identity } from './identity.ts';
import { decodeSession, identityOf } from './session-token.ts';
import { digestOf, readTokens, tokenFileVersion, type Tokens } from './token-file.ts';

export interface AuthenticatorOptions {
  readonly tokenFile: string;
  readonly key: ServerKey;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  readonly logger: Logger;
}

const CACHED_MS = 60_000;
const MOST_CACHED = 10_000;
const RECHECK_MS = 250;
const BEARER = /^Bearer ([\w.-]{1,2048})$/i;
const UNKNOWN_DIGEST = '0'.repeat(64);

/**
 * Tells who sent a header. What it found is remembered for a minute, and forgotten at once when the
 * token file changes, which it looks at four times a second: a revocation holds within that time.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #cached = new Map<string, { identity: Identity; until: number }>();
  #tokens: Tokens;
  #version: string;
  #checkedAt: number;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#version = tokenFileVersion(options.tokenFile);
    this.#tokens = readTokens(options.tokenFile);
    this.#checkedAt = options.now();
  }

  identify(authorization: string | undefined): Identity | undefined {
    if (authorization === undefined) return undefined;
    const now = this.#options.now();
    if (now - this.#checkedAt >= RECHECK_MS) this.#reloadIfChanged(now);
    const cached = this.#cached.get(authorization);
    if (cached && now < cached.until) return cached.identity;
    const token = BEARER.exec(authorization)?.[1];
    if (token === undefined) return undefined;
    let identity = this.#identifyToken(token, now);
    // A token that was created a moment ago is good at once.
    if (!identity && this.#reloadIfChanged(now)) identity = this.#identifyToken(token, now);
    if (identity) this.#remember(authorization, identity, now);
    else this.#cached.delete(authorization);
    return identity;
  }

  #identifyToken(token: string, now: number): Identity | undefined {
    if (token.startsWith('pcs_')) return this.#identifySession(token, now);
    const [, id, secret] = /^pct_([0-9a-f]{8})_([\w-]{43})$/.exec(token) ?? [];
    if (!id || !secret) return undefined;
    const record = this.#tokens.tokens.find((candidate) => candidate.id === id);
    // Compared also when there is no such token, so that time does not tell which ids exist.
    const expected = Buffer.from(record?.secretSha256 ?? UNKNOWN_DIGEST, 'hex');
    const isEqual = timingSafeEqual(Buffer.from(digestOf(secret), 'hex'), expected);
    if (!record || !isEqual || tokenStanding(record, now) !== 'valid') return undefined;
    const { scope, mode, expiresAt } = record;
    return { grant: { scope, mode }, principal: `token:${id}`, run: null, expiresAt };
  }

  #identifySession(token: string, now: number): Identity | undefined {
    const session = decodeSession(token, this.#options.key);
    if (!session || session.expiresAt <= now) return undefined;
    if (this.#tokens.revokedSessions.some(({ id }) => id === session.id)) return undefined;
    return identityOf(session);
  }

  #remember(authorization: string, identity: Identity, now: number): void {
    if (this.#cached.size >= MOST_CACHED) this.#cached.clear();
    const until = Math.min(now + CACHED_MS, identity.expiresAt ?? Infinity);
    this.#cached.set(authorization, { identity, until });
  }

  #reloadIfChanged(now: number): boolean {
    this.#checkedAt = now;
    const version = tokenFileVersion(this.#options.tokenFile);
    if (version === this.#version) return false;
    this.#version = version;
    this.#cached.clear();
    try {
      this.#tokens = readTokens(this.#options.tokenFile);
    } catch (error) {
      // Refusing everybody would fail their builds; those who were known stay known.
      this.#options.logger.error({ error: String(error) }, 'kept the tokens of before');
    }
    return true;
  }
}
