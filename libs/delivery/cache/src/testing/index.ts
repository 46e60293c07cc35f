export {
  artifactStoreContract,
  type ArtifactStoreClaim,
  type ArtifactStoreHarness,
} from './artifact-store-contract.ts';
export { MemoryArtifactStore } from './memory-artifact-store.ts';
