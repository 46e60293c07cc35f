/**
 * Who an artifact may be believed by. `trusted` holds what protected branches built; `pr-<number>`
 * holds what one pull request built, and nothing ever moves from there to `trusted`.
 */
export type TrustScope = 'trusted' | `pr-${number}`;

const PULL_REQUEST_SCOPE = /^pr-[1-9][0-9]{0,9}$/;

/** The scope that `text` names, or `undefined`. */
export function parseTrustScope(text: string): TrustScope | undefined {
  if (text === 'trusted') return 'trusted';
  return PULL_REQUEST_SCOPE.test(text) ? (text as TrustScope) : undefined;
}

/** The scope of one pull request. */
export function pullRequestScope(pullRequest: number): TrustScope {
  return `pr-${pullRequest}`;
}
