/** What a restarted controller needs: [slot, fingerprint] of every slot in use. */
export interface SeenSessionsState {
  readonly slots: readonly (readonly [number, number])[];
}

const SETS = 1 << 15;
const WAYS = 4;

/**
 * Which sessions have had their outcome, in constant memory: a set-associative table of 131072
 * fingerprints. A crowded set forgets its oldest session, which may then count once more; two
 * sessions share a fingerprint about once in 10^9. Neither depends on outcomes, so the bets stay fair.
 */
export class SeenSessions {
  /** Allocated with the first session: most rollouts have none. */
  #table: Uint32Array | undefined;

  /** True the first time a session is met. */
  isFirst(session: string): boolean {
    this.#table ??= new Uint32Array(SETS * WAYS);
    const table = this.#table;
    let a = 0x811c9dc5;
    let b = 0x9e3779b9;
    for (let i = 0; i < session.length; i++) {
      const code = session.charCodeAt(i);
      a = Math.imul(a ^ code, 0x01000193);
      b = Math.imul(b ^ code, 0x85ebca6b);
      b ^= b >>> 13;
    }
    const fingerprint = (a ^ (a >>> 15)) >>> 0 || 1;
    const first = (((b ^ (b >>> 16)) >>> 0) % SETS) * WAYS;
    for (let way = first; way < first + WAYS; way++) {
      if (table[way] === fingerprint) return false;
    }
    table.copyWithin(first + 1, first, first + WAYS - 1);
    table[first] = fingerprint;
    return true;
  }

  save(): SeenSessionsState {
    const slots: [number, number][] = [];
    this.#table?.forEach((fingerprint, slot) => {
      if (fingerprint !== 0) slots.push([slot, fingerprint]);
    });
    return { slots };
  }

  load(state: SeenSessionsState): void {
    this.#table = state.slots.length === 0 ? undefined : new Uint32Array(SETS * WAYS);
    for (const [slot, fingerprint] of state.slots) {
      if (this.#table) this.#table[slot] = fingerprint;
    }
  }
}
