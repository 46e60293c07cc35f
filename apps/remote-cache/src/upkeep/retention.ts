import { statfs } from 'node:fs/promises';
import {
  artifactName,
  canHold,
  planEviction,
  type ArtifactStore,
  type Eviction,
  type RetentionLimits,
  type StoredArtifact,
  type TrustScope,
} from '@prompt-card/cache';

export interface RetentionOptions {
  readonly store: ArtifactStore;
  readonly limits: RetentionLimits;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  readonly onEvict: (eviction: Eviction) => void;
  /** Bytes that must stay free on the disk under this folder. */
  readonly reserve?: { readonly folder: string; readonly bytes: number };
}

/** What is stored in one scope. */
export interface ScopeUsage {
  readonly scope: TrustScope;
  readonly artifacts: number;
  readonly bytes: number;
}

/** Keeps a store within its limits: before a write that would break one, and by regular sweeps. */
export class Retention {
  readonly #options: RetentionOptions;
  readonly #usage = new Map<TrustScope, { artifacts: number; bytes: number }>();
  /** Bytes of writes under way, so that together they cannot break a quota that each one keeps. */
  readonly #reserved = new Map<TrustScope, number>();
  #sweeping: Promise<void> | undefined;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** Reserves room for `size` bytes, evicting if it must; `false` when there is none to make. */
  async reserve(scope: TrustScope, size: number): Promise<boolean> {
    if (!canHold(this.#options.limits, scope, size)) return false;
    if (!this.#fits(scope, size)) await this.sweep({ scope, size });
    if (!this.#fits(scope, size)) return false;
    this.#reserved.set(scope, (this.#reserved.get(scope) ?? 0) + size);
    return true;
  }

  /** Ends a reservation; `stored` bytes are counted from now on. */
  settle(scope: TrustScope, size: number, isStored: boolean): void {
    this.#reserved.set(scope, (this.#reserved.get(scope) ?? 0) - size);
    if (isStored) this.#count(scope, 1, size);
  }

  usage(): readonly ScopeUsage[] {
    return [...this.#usage].map(([scope, { artifacts, bytes }]) => ({ scope, artifacts, bytes }));
  }

  /** Evicts what the limits ask for, with `room` to spare. One sweep at a time. */
  async sweep(room?: { readonly scope: TrustScope; readonly size: number }): Promise<void> {
    while (this.#sweeping) await this.#sweeping;
    if (room && this.#fits(room.scope, room.size)) return;
    this.#sweeping = this.#sweepOnce(room);
    try {
      await this.#sweeping;
    } finally {
      this.#sweeping = undefined;
    }
  }

  /** Removes everything of a scope; how many artifacts that were. */
  async drop(scope: TrustScope): Promise<number> {
    const artifacts = await collect(this.#options.store.list());
    let dropped = 0;
    for (const artifact of artifacts) {
      if (artifact.scope !== scope) continue;
      if (await this.#options.store.remove(artifact)) dropped++;
    }
    this.#usage.delete(scope);
    return dropped;
  }

  async #sweepOnce(room?: { scope: TrustScope; size: number }): Promise<void> {
    const { store, onEvict, now } = this.#options;
    const artifacts = await collect(store.list());
    const evictions = planEviction(artifacts, await this.#limitsFor(artifacts, room), now());
    const evicted = new Set<string>();
    for (const eviction of evictions) {
      if (!(await store.remove(eviction.artifact))) continue;
      evicted.add(artifactName(eviction.artifact));
      onEvict(eviction);
    }
    this.#recount(artifacts.filter((artifact) => !evicted.has(artifactName(artifact))));
  }

  /** The limits less what is reserved and asked for, and less what a full disk cannot hold. */
  async #limitsFor(
    artifacts: readonly StoredArtifact[],
    room?: { scope: TrustScope; size: number },
  ): Promise<RetentionLimits> {
    const { limits, reserve } = this.#options;
    const stored = artifacts.reduce((sum, { size }) => sum + size, 0);
    let maxBytes = limits.maxBytes;
    if (reserve) {
      const { bavail, bsize } = await statfs(reserve.folder);
      maxBytes = Math.min(maxBytes, stored + bavail * bsize - reserve.bytes);
    }
    const reserved = [...this.#reserved.values()].reduce((sum, bytes) => sum + bytes, 0);
    const narrowed = { ...limits, maxBytes: Math.max(0, maxBytes - reserved - (room?.size ?? 0)) };
    if (!room) return narrowed;
    const kind = room.scope === 'trusted' ? 'trusted' : 'pullRequest';
    const scopeRoom = room.size + (this.#reserved.get(room.scope) ?? 0);
    return {
      ...narrowed,
      [kind]: { ...limits[kind], maxBytes: Math.max(0, limits[kind].maxBytes - scopeRoom) },
    };
  }

  #fits(scope: TrustScope, size: number): boolean {
    const { limits } = this.#options;
    const ofScope = scope === 'trusted' ? limits.trusted : limits.pullRequest;
    const scopeBytes = (this.#usage.get(scope)?.bytes ?? 0) + (this.#reserved.get(scope) ?? 0);
    let total = size;
    for (const { bytes } of this.#usage.values()) total += bytes;
    for (const bytes of this.#reserved.values()) total += bytes;
    return scopeBytes + size <= ofScope.maxBytes && total <= limits.maxBytes;
  }

  #count(scope: TrustScope, artifacts: number, bytes: number): void {
    const usage = this.#usage.get(scope);
    if (usage) {
      usage.artifacts += artifacts;
      usage.bytes += bytes;
    } else this.#usage.set(scope, { artifacts, bytes });
  }

  #recount(artifacts: readonly StoredArtifact[]): void {
    this.#usage.clear();
    for (const { scope, size } of artifacts) this.#count(scope, 1, size);
  }
}

async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
