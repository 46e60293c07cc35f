/** Splits weighted items, such as test files, into at most `count` shards of like weight. */
export function shard<T>(
  items: readonly T[],
  count: number,
  weight: (item: T) => number,
): (readonly T[])[] {
  const heaviestFirst = items
    .map((item, index) => ({ item, index, weight: weight(item) }))
    .sort((a, b) => b.weight - a.weight || a.index - b.index);
  const shards = Array.from({ length: Math.max(1, Math.min(count, items.length)) }, () => ({
    items: [] as T[],
    total: 0,
  }));
  for (const entry of heaviestFirst) {
    const lightest = shards.reduce((best, next) => (next.total < best.total ? next : best));
    lightest.items.push(entry.item);
    lightest.total += entry.weight;
  }
  return shards.map(({ items: members }) => members);
}
