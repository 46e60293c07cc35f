import fc from 'fast-check';
import { seededRandom } from '../traffic/seeded-random.ts';
import { byWeight, type Candidate, chooseTarget, eligible } from './target-choice.ts';
import type { HealthRecord } from './target-health.ts';

const HEALTHY: HealthRecord = { health: 'healthy', streak: 0, trusted: true };
const SICK: HealthRecord = { health: 'unhealthy', streak: 0, trusted: true };
const NEW: HealthRecord = { health: 'probing', streak: 0, trusted: false };
const RESTORED: HealthRecord = { health: 'probing', streak: 0, trusted: true };

const candidate = (revision: string, changes: Partial<Candidate> = {}): Candidate => ({
  revision,
  weight: 1,
  state: 'active',
  record: HEALTHY,
  ...changes,
});

const revisions = (candidates: readonly Candidate[]) => candidates.map(({ revision }) => revision);

describe('who is eligible', () => {
  const sick = candidate('sick', { record: SICK });
  const fresh = candidate('new', { record: NEW });
  const restored = candidate('restored', { record: RESTORED });
  const draining = candidate('draining', { state: 'draining' });

  it('is the healthy, if there are any', () => {
    expect(revisions(eligible([sick, candidate('well'), fresh, draining]))).toEqual(['well']);
  });

  it('is else who has served before', () => {
    expect(revisions(eligible([sick, fresh, restored, draining]))).toEqual(['sick', 'restored']);
  });

  it('is who has not proved itself only where nobody has, and never who is leaving', () => {
    expect(revisions(eligible([fresh, draining]))).toEqual(revisions([fresh]));
    expect(eligible([draining])).toEqual([]);
  });
});

describe('the choice by weight', () => {
  const weights = fc.array(fc.nat(100), { minLength: 1, maxLength: 6 });

  it('follows the weights (chi-square, fixed seeds)', () => {
    fc.assert(
      fc.property(weights, fc.nat(), (shares, seed) => {
        const candidates = shares.map((weight, index) => candidate(String(index), { weight }));
        const total = shares.reduce((sum, weight) => sum + weight, 0);
        fc.pre(total > 0);
        const random = seededRandom(seed);
        const draws = 2_000;
        const counts = shares.map(() => 0);
        for (let n = 0; n < draws; n++) {
          const chosen = byWeight(candidates, random());
          counts[Number(chosen?.revision)]!++;
        }
        let chiSquare = 0;
        shares.forEach((weight, index) => {
          if (weight === 0) {
            expect(counts[index]).toBe(0);
            return;
          }
          const expected = (draws * weight) / total;
          chiSquare += (counts[index]! - expected) ** 2 / expected;
        });
        // 40 is beyond the 1e-7 quantile for up to five degrees of freedom.
        expect(chiSquare).toBeLessThan(40);
      }),
      { seed: 20_264, numRuns: 100 },
    );
  });

  it('chooses somebody whenever there is somebody', () => {
    fc.assert(
      fc.property(
        weights,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (shares, random) => {
          const candidates = shares.map((weight, index) => candidate(String(index), { weight }));
          const chosen = chooseTarget(candidates, {}, random);
          expect(chosen === undefined).toBe(shares.every((weight) => weight === 0));
          if (chosen !== undefined) expect(chosen.weight).toBeGreaterThan(0);
        },
      ),
      { seed: 20_265 },
    );
  });
});

describe('a wish', () => {
  const stable = candidate('r1', { weight: 100 });
  const canary = candidate('r2', { weight: 0 });

  it('for a revision is granted at weight 0, and never served by another', () => {
    expect(chooseTarget([stable, canary], { override: 'r2' }, 0.5)).toBe(canary);
    expect(chooseTarget([stable, canary], { override: 'r3' }, 0.5)).toBeUndefined();
    const draining = candidate('r2', { state: 'draining' });
    expect(chooseTarget([stable, draining], { override: 'r2' }, 0.5)).toBeUndefined();
  });

  it('to stay is granted while the revision has weight and health', () => {
    const half = candidate('r2', { weight: 1 });
    expect(chooseTarget([stable, half], { pinned: 'r2' }, 0)).toBe(half);
    expect(chooseTarget([stable, canary], { pinned: 'r2' }, 0.5)).toBe(stable);
    expect(chooseTarget([stable, { ...half, record: SICK }], { pinned: 'r2' }, 0.5)).toBe(stable);
    expect(chooseTarget([stable, half], { pinned: 'gone' }, 0)).toBe(stable);
  });
});
