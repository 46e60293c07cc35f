import type { TrustScope } from './trust-scope.ts';

/**
 * What a token allows. The token alone decides: nothing in a request, not its path, its headers
 * nor the artifact's hash, widens it.
 */
export interface Grant {
  readonly scope: TrustScope;
  readonly mode: 'read-write' | 'read-only';
}

const TRUSTED_ONLY = ['trusted'] as const;

/**
 * The scopes to look an artifact up in, in this order. Trusted entries come first for a pull request
 * too, so that its own entry can never hide one that a protected branch built.
 */
export function readableScopes(grant: Grant): readonly TrustScope[] {
  return grant.scope === 'trusted' ? TRUSTED_ONLY : ['trusted', grant.scope];
}

/** The one scope that this grant writes to, or `undefined` when it only reads. */
export function writableScope(grant: Grant): TrustScope | undefined {
  return grant.mode === 'read-write' ? grant.scope : undefined;
}

/** Whether this grant may drop all of `scope`: its own pull request's, or any of them when trusted. */
export function mayDropScope(grant: Grant, scope: TrustScope): boolean {
  if (grant.mode === 'read-only' || scope === 'trusted') return false;
  return grant.scope === 'trusted' || grant.scope === scope;
}
