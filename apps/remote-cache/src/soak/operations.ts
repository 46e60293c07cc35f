/** One request of the soak. `variant` makes racing bodies differ. */
export type Operation =
  | { readonly kind: 'read'; readonly hash: string }
  | {
      readonly kind: 'write';
      readonly hash: string;
      readonly variant: number;
      readonly size: number;
    };

/** A reproducible source of numbers in [0, 1): mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * The next request: two thirds reads, mostly of what exists; writes mostly of new hashes, the rest of
 * hashes that others are writing or have written. Sizes are as in practice: many small, a few large.
 */
export function nextOperation(random: () => number, known: number): Operation {
  const recent = Math.max(1, known);
  if (random() < 0.66) return { kind: 'read', hash: String(Math.floor(random() * recent * 1.05)) };
  const isNew = random() < 0.6;
  const hash = String(isNew ? known + Math.floor(random() * 48) : Math.floor(random() * recent));
  const size = random() < 0.98 ? Math.floor(random() * 6000) : Math.floor(random() * 600_000);
  return { kind: 'write', hash, variant: Math.floor(random() * 2 ** 31), size };
}

export function bodyOf({ variant, size }: Extract<Operation, { kind: 'write' }>): Buffer {
  return Buffer.alloc(size, `${variant} `);
}
