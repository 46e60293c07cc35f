import { createHash } from 'node:crypto';
import { artifactStoreContract } from './artifact-store-contract.ts';
import { MemoryArtifactStore } from './memory-artifact-store.ts';

describe('MemoryArtifactStore', () => {
  it.each(artifactStoreContract)('$claim', async ({ check }) => {
    const store = new MemoryArtifactStore({
      now: () => 1,
      digest: (bytes) => createHash('sha256').update(bytes).digest('hex'),
    });
    await check({ store, corrupt: async (id) => store.corrupt(id), reopen: async () => store });
  });
});
