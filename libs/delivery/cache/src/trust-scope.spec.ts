import fc from 'fast-check';
import { mayDropScope, readableScopes, writableScope } from './grant.ts';
import { parseTaskHash } from './task-hash.ts';
import { parseTrustScope, pullRequestScope } from './trust-scope.ts';

describe('trust scopes', () => {
  it('are `trusted` or one pull request, and nothing else', () => {
    expect(parseTrustScope('trusted')).toBe('trusted');
    expect(parseTrustScope(pullRequestScope(12))).toBe('pr-12');
    for (const text of [
      '',
      'Trusted',
      'pr-',
      'pr-0',
      'pr-01',
      'pr-1/..',
      'pr-1e3',
      'pr-12345678901',
    ]) {
      expect(parseTrustScope(text)).toBeUndefined();
    }
  });

  it('let a trusted token read trusted entries only', () => {
    expect(readableScopes({ scope: 'trusted', mode: 'read-write' })).toEqual(['trusted']);
  });

  it('let a pull request read trusted entries first, so that its own can never hide one', () => {
    expect(readableScopes({ scope: 'pr-12', mode: 'read-write' })).toEqual(['trusted', 'pr-12']);
  });

  it('never let a pull request write or drop anything but its own', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 99 }),
        fc.integer({ min: 1, max: 99 }),
        (own, other) => {
          const grant = { scope: pullRequestScope(own), mode: 'read-write' } as const;
          expect(writableScope(grant)).toBe(grant.scope);
          expect(mayDropScope(grant, pullRequestScope(other))).toBe(own === other);
          expect(mayDropScope(grant, 'trusted')).toBe(false);
        },
      ),
    );
  });

  it('let a read-only token write and drop nothing', () => {
    const grant = { scope: 'trusted', mode: 'read-only' } as const;
    expect(writableScope(grant)).toBeUndefined();
    expect(mayDropScope(grant, 'pr-1')).toBe(false);
  });
});

describe('parseTaskHash', () => {
  it('takes what Nx and custom hashers produce', () => {
    expect(parseTaskHash('12735904872359872345')).toBe('12735904872359872345');
    expect(parseTaskHash('a_B-9')).toBe('a_B-9');
  });

  it('refuses everything that could mean more than a name', () => {
    const bad = ['', '.', '..', '../x', '%2e%2e', 'a/b', 'a\\b', 'a\0', 'a.tmp', 'ä', '\u{1f600}'];
    for (const text of [...bad, 'x'.repeat(129)]) expect(parseTaskHash(text)).toBeUndefined();
  });
});
