/** One immutable build of one service, as it runs or could run in an environment. */
export interface Revision {
  /** The service it is a build of, e.g. `backend`. */
  readonly service: string;
  /** Unique within the service and never used again, e.g. `r7`. */
  readonly id: string;
  /** SHA-256 of the build's content, hex. Two revisions may hold the same content. */
  readonly digest: string;
  /** Where the environment keeps the build: a folder, an image reference. */
  readonly artifact: string;
  /** `blue` or `green`, alternating: a label for dashboards, never a slot to deploy into. */
  readonly colour: string;
  /** Configuration that belongs to this revision alone, as environment variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** Two names for the same revision. */
export function isSameRevision(a: Revision | undefined, b: Revision | undefined): boolean {
  return a?.service === b?.service && a?.id === b?.id;
}

/** `backend r7`, as people read it in a log line. */
export function revisionName(revision: Revision): string {
  return `${revision.service} ${revision.id}`;
}
