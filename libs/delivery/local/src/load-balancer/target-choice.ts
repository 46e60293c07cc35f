import type { DesiredTarget } from './desired-service.ts';
import type { HealthRecord } from './target-health.ts';

/** What the choice needs to know of a target. */
export interface Candidate extends Pick<DesiredTarget, 'revision' | 'weight' | 'state'> {
  readonly record: HealthRecord;
}

/** What a request asks for. */
export interface Wish {
  /** The revision that `x-revision` names, where that is allowed. */
  readonly override?: string | undefined;
  /** The revision that the session is pinned to. */
  readonly pinned?: string | undefined;
}

/**
 * Who may get a request: among active targets the healthy ones; if there is none, those that have been
 * healthy or were in use before a restart.
 */
export function eligible<C extends Candidate>(candidates: readonly C[]): readonly C[] {
  const active = candidates.filter(({ state }) => state === 'active');
  const healthy = active.filter(({ record }) => record.health === 'healthy');
  return healthy.length > 0 ? healthy : active.filter(({ record }) => record.trusted);
}

/** Who has a share of the ordinary requests. */
export function weighted<C extends Candidate>(candidates: readonly C[]): readonly C[] {
  return eligible(candidates.filter(({ weight }) => weight > 0));
}

/**
 * Chooses by weight; `random` is uniform in [0, 1). An override reaches its revision even at weight 0 and
 * is never served by another one; a pin holds while its revision can serve.
 */
export function chooseTarget<C extends Candidate>(
  candidates: readonly C[],
  wish: Wish,
  random: number,
): C | undefined {
  if (wish.override !== undefined) {
    const asked = eligible(candidates.filter(({ revision }) => revision === wish.override));
    return asked[Math.floor(random * asked.length)];
  }
  const shares = weighted(candidates);
  const pinned =
    wish.pinned === undefined ? [] : shares.filter(({ revision }) => revision === wish.pinned);
  return byWeight(pinned.length > 0 ? pinned : shares, random);
}

/** The target whose slice of the weights' sum `random` falls into. */
export function byWeight<C extends Pick<Candidate, 'weight'>>(
  shares: readonly C[],
  random: number,
): C | undefined {
  let rest = random * shares.reduce((sum, { weight }) => sum + weight, 0);
  for (const share of shares) {
    rest -= share.weight;
    if (rest < 0) return share;
  }
  return shares.at(-1); // rounding can leave a crumb
}
