import { revokeToken, rotateToken, tokenStanding, type TokenRecord } from './token.ts';

const token: TokenRecord = {
  id: 'a',
  label: 'ci',
  secretSha256: '',
  scope: 'trusted',
  mode: 'read-only',
  createdAt: 0,
  expiresAt: null,
  revokedAt: null,
};

describe('tokens', () => {
  it('stand until they expire or are revoked', () => {
    expect(tokenStanding(token, 1e15)).toBe('valid');
    expect(tokenStanding({ ...token, expiresAt: 10 }, 9)).toBe('valid');
    expect(tokenStanding({ ...token, expiresAt: 10 }, 10)).toBe('expired');
    expect(tokenStanding({ ...token, expiresAt: 10, revokedAt: 5 }, 20)).toBe('revoked');
  });

  it('are rotated with an overlap that never lengthens a life', () => {
    const successor = { ...token, id: 'b' };
    const [old, next] = rotateToken([token], 'a', successor, 100);
    expect([old?.expiresAt, next]).toEqual([100, successor]);
    expect(rotateToken([{ ...token, expiresAt: 50 }], 'a', successor, 100)[0]?.expiresAt).toBe(50);
  });

  it('keep the time of their first revocation', () => {
    const once = revokeToken([token, { ...token, id: 'b' }], 'a', 7);
    expect(revokeToken(once, 'a', 9).map(({ revokedAt }) => revokedAt)).toEqual([7, null]);
  });
});
