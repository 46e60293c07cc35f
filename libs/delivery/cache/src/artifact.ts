import type { TaskHash } from './task-hash.ts';
import type { TrustScope } from './trust-scope.ts';

/** Where an artifact stands: the same hash in two scopes is two artifacts. */
export interface ArtifactId {
  readonly scope: TrustScope;
  readonly hash: TaskHash;
}

/** Who wrote an artifact, for the audit log and the page. */
export interface Provenance {
  /** The token's identity, such as `token:3f2a` or `github:octo/app`. */
  readonly principal: string;
  /** The CI run that wrote it, where the token names one. */
  readonly run: string | null;
}

/** What is known about a stored artifact; written once beside it and never changed. */
export interface ArtifactRecord extends ArtifactId, Provenance {
  /** Bytes. */
  readonly size: number;
  /** Lower-case hexadecimal SHA-256 of the body. */
  readonly sha256: string;
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
}

/** What a listing tells: enough to plan evictions and to show what fills the disk. */
export interface StoredArtifact extends ArtifactId {
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the Unix epoch; the time of writing until the first read. */
  readonly lastReadAt: number;
  /** A transfer reads it now, so it is not evicted. */
  readonly busy: boolean;
}

/** One line for messages and logs, such as `trusted/1234`. */
export function artifactName(id: ArtifactId): string {
  return `${id.scope}/${id.hash}`;
}
