import { createHash } from 'node:crypto';
import { parseTaskHash, type ArtifactId, type TrustScope } from '@prompt-card/cache';
import { MemoryArtifactStore } from '@prompt-card/cache/testing';
import { Retention } from './retention.ts';
import { scrub } from './scrub.ts';
import { WriteRate } from './write-rate.ts';

const limits = {
  maxBytes: 1000,
  trusted: { maxBytes: 1000, maxIdleMs: 100 },
  pullRequest: { maxBytes: 300, maxIdleMs: 100 },
};
let now: number;
let store: MemoryArtifactStore;
let evicted: string[];
let retention: Retention;

beforeEach(() => {
  now = 0;
  store = new MemoryArtifactStore({
    now: () => now,
    digest: (bytes) => createHash('sha256').update(bytes).digest('hex'),
  });
  evicted = [];
  retention = new Retention({
    store,
    limits,
    now: () => now,
    onEvict: ({ artifact, reason }) => evicted.push(`${reason} ${artifact.scope}/${artifact.hash}`),
  });
});

const id = (scope: TrustScope, hash: string): ArtifactId => ({ scope, hash: parseTaskHash(hash)! });
async function* zeros(size: number) {
  yield new Uint8Array(size);
}
/** A write as the route does it; whether there was room. */
async function write(scope: TrustScope, hash: string, size: number): Promise<boolean> {
  if (!(await retention.reserve(scope, size))) return false;
  now++;
  const incoming = { size, body: zeros(size), principal: 'p', run: null };
  const { kind } = await store.write(id(scope, hash), incoming);
  retention.settle(scope, size, kind === 'stored');
  return true;
}

describe('Retention', () => {
  it('makes room for a write by evicting the least recently read', async () => {
    await write('trusted', 'old', 500);
    await write('trusted', 'new', 400);
    expect(await write('trusted', 'next', 300)).toBe(true);
    expect(evicted).toEqual(['scope-quota trusted/old']);
  });

  it('refuses what can never fit, and what would fit only against transfers', async () => {
    expect(await write('pr-1', 'huge', 301)).toBe(false);
    await write('pr-1', 'read', 200);
    const open = await store.read(id('pr-1', 'read'));
    expect(await write('pr-1', 'next', 200)).toBe(false);
    await open?.close();
    expect(await write('pr-1', 'next', 200)).toBe(true);
    expect(evicted).toEqual(['scope-quota pr-1/read']);
  });

  it('counts writes under way, so that together they keep the quota', async () => {
    expect(await retention.reserve('pr-1', 200)).toBe(true);
    expect(await retention.reserve('pr-1', 200)).toBe(false);
    retention.settle('pr-1', 200, false);
    expect(await retention.reserve('pr-1', 200)).toBe(true);
  });

  it('never lets pull requests push trusted artifacts out', async () => {
    await write('trusted', 'main', 700);
    for (let n = 1; n <= 5; n++) await write(`pr-${n}`, 'a', 250);
    expect((await store.read(id('trusted', 'main')))?.record.size).toBe(700);
    expect(evicted.every((line) => !line.includes('trusted'))).toBe(true);
  });

  it('drops a scope whole, and only it', async () => {
    await write('pr-1', 'a', 10);
    await write('pr-2', 'a', 10);
    expect(await retention.drop('pr-1')).toBe(1);
    expect(retention.usage()).toEqual([{ scope: 'pr-2', artifacts: 1, bytes: 10 }]);
  });

  it('sweeps what nobody read for too long', async () => {
    await write('trusted', 'a', 10);
    now = 200;
    await retention.sweep();
    expect(evicted).toEqual(['idle trusted/a']);
    expect(retention.usage()).toEqual([]);
  });
});

describe('scrub', () => {
  it('reads everything and puts aside what changed', async () => {
    for (const hash of ['a', 'b', 'c']) await write('trusted', hash, 10);
    store.corrupt(id('trusted', 'b'));
    const clock = { now: () => now, sleep: async () => undefined };
    expect(await scrub(store, clock, new AbortController().signal)).toEqual({
      checked: 3,
      quarantined: 1,
    });
  });
});

describe('WriteRate', () => {
  it('admits so many uploads of one principal in a minute', () => {
    const rate = new WriteRate(2, () => now);
    expect([rate.admits('a'), rate.admits('a'), rate.admits('a'), rate.admits('b')]).toEqual([
      true,
      true,
      false,
      true,
    ]);
    now = 60_000;
    expect(rate.admits('a')).toBe(true);
  });
});
