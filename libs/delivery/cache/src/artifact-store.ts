import type { ArtifactId, ArtifactRecord, Provenance, StoredArtifact } from './artifact.ts';

/**
 * A body as it is read: whole when it is small, else in pieces. A piece may be overwritten once the
 * next one is asked for, so a consumer is done with each before it goes on.
 */
export type ArtifactBody = Uint8Array | AsyncIterable<Uint8Array>;

/** A verified artifact, open for reading. */
export interface OpenArtifact {
  readonly record: ArtifactRecord;
  readonly body: ArtifactBody;
  /** Gives the file and its buffer back. Idempotent; called on every path, read to the end or not. */
  close(): Promise<void>;
}

/** An artifact on its way in. */
export interface IncomingArtifact extends Provenance {
  /** Bytes announced by the writer; a body of any other length is not stored. */
  readonly size: number;
  /** Pieces that stay as they are: the store may still hold one when it asks for the next. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** How a write ended. Only `stored` and `exists` leave an artifact under the id. */
export type WriteOutcome =
  | { readonly kind: 'stored'; readonly record: ArtifactRecord }
  | { readonly kind: 'exists' }
  | { readonly kind: 'incomplete'; readonly received: number }
  | { readonly kind: 'unavailable'; readonly reason: string };

/** What a check of the stored bytes against the record found. */
export type Verification = 'sound' | 'quarantined' | 'absent';

/**
 * Immutable artifacts. Three promises hold for every implementation, and its contract suite checks
 * them: of any number of writers to one id exactly one gets `stored` and no reader ever sees another
 * body; what is read has the digest in its record, or is quarantined and reported absent; what was
 * acknowledged is kept, and of anything else nothing incomplete is ever served.
 */
export interface ArtifactStore {
  read(id: ArtifactId): Promise<OpenArtifact | undefined>;
  write(id: ArtifactId, incoming: IncomingArtifact): Promise<WriteOutcome>;
  /** Whether there was one. A transfer in progress still ends well. */
  remove(id: ArtifactId): Promise<boolean>;
  /** Reads the whole body again, whatever was verified before. */
  verify(id: ArtifactId): Promise<Verification>;
  list(): AsyncIterable<StoredArtifact>;
}

/** Names a verified artifact to somebody who can send it without this process in between. */
export interface ArtifactLocator {
  /** A path below the store's folder, or an address that carries its own permission. */
  locate(id: ArtifactId): Promise<string | undefined>;
}
