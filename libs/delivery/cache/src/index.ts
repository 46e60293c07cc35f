export {
  artifactName,
  type ArtifactId,
  type ArtifactRecord,
  type Provenance,
  type StoredArtifact,
} from './artifact.ts';
export type {
  ArtifactBody,
  ArtifactLocator,
  ArtifactStore,
  IncomingArtifact,
  OpenArtifact,
  Verification,
  WriteOutcome,
} from './artifact-store.ts';
export { mayDropScope, readableScopes, writableScope, type Grant } from './grant.ts';
export type { Quarantine, QuarantinedArtifact } from './quarantine.ts';
export {
  canHold,
  planEviction,
  type Eviction,
  type RetentionLimits,
  type ScopeLimits,
} from './retention.ts';
export { sumSavings, type ArtifactHits, type Saving, type TaskDuration } from './savings.ts';
export { parseTaskHash, type TaskHash } from './task-hash.ts';
export {
  revokeToken,
  rotateToken,
  tokenStanding,
  type TokenRecord,
  type TokenStanding,
} from './token.ts';
export { parseTrustScope, pullRequestScope, type TrustScope } from './trust-scope.ts';
export {
  judgeWorkload,
  type WorkloadClaims,
  type WorkloadPolicy,
  type WorkloadVerdict,
} from './workload-identity.ts';
