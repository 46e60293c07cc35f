import type { ArtifactId } from './artifact.ts';

/** An artifact that failed its verification and was put aside. */
export interface QuarantinedArtifact extends ArtifactId {
  readonly reason: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  /** Where an operator finds the bytes, when there were any. */
  readonly location: string;
}

/** Lists what a store put aside; nothing in it is served again. */
export interface Quarantine {
  quarantined(): Promise<readonly QuarantinedArtifact[]>;
}
