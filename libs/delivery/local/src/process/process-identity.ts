/** A process that cannot be mistaken for a later one with the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** The kernel's word for when it started; compared, never interpreted. */
  readonly startTime: string;
}
