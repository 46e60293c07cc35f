import fc from 'fast-check';
import type { StoredArtifact } from './artifact.ts';
import { canHold, planEviction, type RetentionLimits } from './retention.ts';
import { parseTaskHash } from './task-hash.ts';
import { parseTrustScope } from './trust-scope.ts';

const limits: RetentionLimits = {
  maxBytes: 1000,
  trusted: { maxBytes: 800, maxIdleMs: 100 },
  pullRequest: { maxBytes: 300, maxIdleMs: 50 },
};

function artifact(name: string, size: number, lastReadAt: number, busy = false): StoredArtifact {
  const [scope = '', hash = ''] = name.split('/');
  return {
    scope: parseTrustScope(scope)!,
    hash: parseTaskHash(hash)!,
    size,
    lastReadAt,
    busy,
  };
}

const plan = (artifacts: readonly StoredArtifact[], now = 100) =>
  planEviction(artifacts, limits, now).map(
    ({ artifact, reason }) => `${reason} ${artifact.scope}/${artifact.hash}`,
  );

describe('planEviction', () => {
  it('keeps everything that is young and fits', () => {
    expect(plan([artifact('trusted/a', 800, 0), artifact('pr-1/b', 200, 50)])).toEqual([]);
  });

  it('drops what nobody read for too long, sooner in pull requests', () => {
    expect(plan([artifact('trusted/a', 1, 40), artifact('pr-1/b', 1, 40)])).toEqual([
      'idle pr-1/b',
    ]);
    expect(plan([artifact('trusted/a', 1, 0)], 101)).toEqual(['idle trusted/a']);
  });

  it('drops the least recently read of a scope over its quota, down to nine tenths', () => {
    const artifacts = [
      artifact('pr-1/new', 140, 99),
      artifact('pr-1/mid', 100, 98),
      artifact('pr-1/old', 100, 97),
    ];
    expect(plan(artifacts)).toEqual(['scope-quota pr-1/old']);
  });

  it('drops pull requests before trusted entries when the whole is over its quota', () => {
    const artifacts = [
      artifact('trusted/old', 780, 10),
      artifact('pr-1/a', 150, 99),
      artifact('pr-2/b', 150, 98),
    ];
    expect(plan(artifacts)).toEqual(['quota pr-2/b', 'quota pr-1/a']);
  });

  it('passes over what is being transferred', () => {
    const artifacts = [artifact('pr-1/busy', 200, 0, true), artifact('pr-1/idle', 200, 99)];
    expect(plan(artifacts)).toEqual(['scope-quota pr-1/idle']);
  });

  it('always ends under every quota unless transfers hold it up, and evicts nothing twice', () => {
    const anyArtifact = fc.record({
      scope: fc.constantFrom('trusted', 'pr-1', 'pr-2'),
      size: fc.nat(400),
      lastReadAt: fc.nat(100),
    });
    fc.assert(
      fc.property(fc.array(anyArtifact, { maxLength: 30 }), (drawn) => {
        const artifacts = drawn.map((a, n) => artifact(`${a.scope}/${n}`, a.size, a.lastReadAt));
        const evicted = planEviction(artifacts, limits, 100).map((eviction) => eviction.artifact);
        expect(new Set(evicted).size).toBe(evicted.length);
        const kept = artifacts.filter((one) => !evicted.includes(one));
        const bytes = (scope?: string) =>
          kept.filter((a) => !scope || a.scope === scope).reduce((sum, a) => sum + a.size, 0);
        expect(bytes()).toBeLessThanOrEqual(1000);
        expect(bytes('trusted')).toBeLessThanOrEqual(800);
        expect(bytes('pr-1')).toBeLessThanOrEqual(300);
      }),
    );
  });
});

describe('canHold', () => {
  it('refuses an artifact that no eviction makes room for', () => {
    expect(canHold(limits, 'pr-1', 301)).toBe(false);
    expect(canHold(limits, 'trusted', 301)).toBe(true);
    expect(canHold(limits, 'trusted', 801)).toBe(false);
  });
});
