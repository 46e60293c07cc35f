import type { Revision } from './revision.ts';

/** What happens to one service in a rollout. */
export interface ServiceChange {
  /** Serves all requests before the rollout; `undefined` where the service has never run here. */
  readonly stable: Revision | undefined;
  readonly candidate: Revision;
  /** The candidate brings migrations that may have to be applied first. */
  readonly migrates: boolean;
}

/**
 * The services that change together, in the order in which they go out (backend before frontend). They
 * share one verdict and are rolled back together, in reverse order.
 */
export type ReleaseSet = readonly ServiceChange[];
