import { createHash } from 'node:crypto';
import { parseTaskHash, type ArtifactId } from '@prompt-card/cache';
import { artifactStoreContract, MemoryArtifactStore } from '@prompt-card/cache/testing';
import { MemoryTier } from './memory-tier.ts';

const makeBehind = () =>
  new MemoryArtifactStore({
    now: () => 1,
    digest: (bytes) => createHash('sha256').update(bytes).digest('hex'),
  });
const id = (hash: string): ArtifactId => ({ scope: 'trusted', hash: parseTaskHash(hash)! });

async function* once(bytes: Uint8Array) {
  yield bytes;
}
const write = (tier: MemoryTier, hash: string, size: number) =>
  tier.write(id(hash), { size, body: once(Buffer.alloc(size, hash)), principal: 'p', run: null });
async function isRead(tier: MemoryTier, hash: string) {
  const open = await tier.read(id(hash));
  await open?.close();
  return open !== undefined;
}

describe('MemoryTier', () => {
  it.each(artifactStoreContract)('$claim', async ({ check }) => {
    const behind = makeBehind();
    const reopen = () => new MemoryTier({ behind, maxBytes: 64 * 1024 * 1024, now: () => 1 });
    await check({
      store: reopen(),
      corrupt: async (artifact) => behind.corrupt(artifact),
      reopen: async () => reopen(),
    });
  });

  it('holds a body from its second read on, within its bound, the least recently read out first', async () => {
    const tier = new MemoryTier({ behind: makeBehind(), maxBytes: 800, now: () => 1 });
    for (let n = 1; n <= 9; n++) await write(tier, String(n), 100);
    await isRead(tier, '1');
    expect(tier.bytes).toBe(0);
    for (let n = 1; n <= 9; n++) for (let turn = 0; turn < 2; turn++) await isRead(tier, String(n));
    expect(tier.bytes).toBe(800);
    await write(tier, '10', 101);
    for (let turn = 0; turn < 3; turn++) await isRead(tier, '10');
    expect(tier.bytes).toBe(800);
  });

  it('asks the store behind once a minute whether a held artifact is still there', async () => {
    let now = 0;
    const behind = makeBehind();
    const tier = new MemoryTier({ behind, maxBytes: 8000, now: () => now });
    await write(tier, '1', 10);
    for (let turn = 0; turn < 2; turn++) await isRead(tier, '1');
    await behind.remove(id('1'));
    expect(await isRead(tier, '1')).toBe(true);
    now = 60_000;
    expect(await isRead(tier, '1')).toBe(false);
    expect(tier.bytes).toBe(0);
  });
});
