import type { StoredArtifact } from './artifact.ts';
import type { TrustScope } from './trust-scope.ts';

/** The limits of one kind of scope. */
export interface ScopeLimits {
  /** Bytes. */
  readonly maxBytes: number;
  /** Milliseconds since an artifact was last read or, unread, written. */
  readonly maxIdleMs: number;
}

/** What is kept. The whole is bounded too: many pull requests together must not push `trusted` out. */
export interface RetentionLimits {
  readonly maxBytes: number;
  readonly trusted: ScopeLimits;
  /** For each pull request. */
  readonly pullRequest: ScopeLimits;
}

/** One artifact to remove and why. */
export interface Eviction {
  readonly artifact: StoredArtifact;
  readonly reason: 'idle' | 'scope-quota' | 'quota';
}

/**
 * Making room one artifact at a time would list the store at every write; a quota that is reached
 * is brought down to this share of itself.
 */
const LOW_WATER = 0.9;

/**
 * What to evict now: the idle first, then the least recently read of each scope over its quota, then of
 * pull requests before `trusted` until the whole fits. A busy artifact is passed over; the next sweep
 * sees it.
 */
export function planEviction(
  artifacts: readonly StoredArtifact[],
  limits: RetentionLimits,
  now: number,
): readonly Eviction[] {
  const evictions: Eviction[] = [];
  const byAge = artifacts.toSorted(
    (a, b) => a.lastReadAt - b.lastReadAt || compare(a.hash, b.hash),
  );
  const kept = new Set(byAge);
  const evict = (artifact: StoredArtifact, reason: Eviction['reason']) => {
    kept.delete(artifact);
    evictions.push({ artifact, reason });
  };

  for (const artifact of byAge) {
    const idleMs = now - artifact.lastReadAt;
    if (!artifact.busy && idleMs > limitsOf(artifact.scope, limits).maxIdleMs) {
      evict(artifact, 'idle');
    }
  }
  for (const [scope, members] of groupByScope(kept)) {
    const { maxBytes } = limitsOf(scope, limits);
    for (const artifact of surplus(members, maxBytes)) evict(artifact, 'scope-quota');
  }
  const expendableFirst = [...kept].toSorted((a, b) => rank(a.scope) - rank(b.scope));
  for (const artifact of surplus(expendableFirst, limits.maxBytes)) evict(artifact, 'quota');
  return evictions;
}

/** Whether a write of `size` bytes can ever fit its scope. */
export function canHold(limits: RetentionLimits, scope: TrustScope, size: number): boolean {
  return size <= Math.min(limits.maxBytes, limitsOf(scope, limits).maxBytes);
}

function limitsOf(scope: TrustScope, limits: RetentionLimits): ScopeLimits {
  return scope === 'trusted' ? limits.trusted : limits.pullRequest;
}

function rank(scope: TrustScope): number {
  return scope === 'trusted' ? 1 : 0;
}

/** The first of `ordered` whose removal brings the rest under `maxBytes`, when it is over now. */
function* surplus(ordered: readonly StoredArtifact[], maxBytes: number) {
  let bytes = ordered.reduce((sum, artifact) => sum + artifact.size, 0);
  if (bytes <= maxBytes) return;
  for (const artifact of ordered) {
    if (bytes <= maxBytes * LOW_WATER) return;
    if (artifact.busy) continue;
    bytes -= artifact.size;
    yield artifact;
  }
}

function groupByScope(artifacts: Iterable<StoredArtifact>): Map<TrustScope, StoredArtifact[]> {
  const groups = new Map<TrustScope, StoredArtifact[]>();
  for (const artifact of artifacts) {
    const group = groups.get(artifact.scope);
    if (group) group.push(artifact);
    else groups.set(artifact.scope, [artifact]);
  }
  return groups;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
