import type { Grant } from './grant.ts';
import { pullRequestScope } from './trust-scope.ts';

/** The claims of a GitHub Actions identity token that decide; its signature is checked elsewhere. */
export interface WorkloadClaims {
  readonly repository: string;
  readonly repository_id: string;
  readonly ref: string;
  readonly event_name: string;
  readonly job_workflow_ref: string;
  readonly run_id: string;
}

/** What an operator pins. */
export interface WorkloadPolicy {
  /** GitHub's number of the repository: a name can be given up and taken by somebody else. */
  readonly repositoryId: string;
  /** Refs whose builds are trusted, such as `refs/heads/main`. */
  readonly trustedRefs: readonly string[];
  /** Workflow files that may ask, as `owner/repo/.github/workflows/ci.yml`, without `@ref`. */
  readonly workflows: readonly string[];
}

/** The policy's answer. */
export type WorkloadVerdict =
  | { readonly kind: 'granted'; readonly grant: Grant }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * `pull_request_target` and `workflow_run` carry the base branch's ref while they may run the pull
 * request's code, so an event is trusted only when it is named here.
 */
const TRUSTED_EVENTS = new Set(['push', 'schedule', 'workflow_dispatch', 'merge_group']);
const PULL_REQUEST_REF = /^refs\/pull\/([1-9][0-9]{0,9})\/merge$/;

/** The grant that a verified identity earns: trusted on a trusted ref, else its own pull request's. */
export function judgeWorkload(claims: WorkloadClaims, policy: WorkloadPolicy): WorkloadVerdict {
  if (claims.repository_id !== policy.repositoryId) {
    return refused(`repository_id ${claims.repository_id} is not the configured repository`);
  }
  // The workflow file must come from the same ref as the run: a branch's own copy decides nothing.
  const allowed = policy.workflows.some(
    (workflow) => claims.job_workflow_ref === `${workflow}@${claims.ref}`,
  );
  if (!allowed) return refused(`job_workflow_ref ${claims.job_workflow_ref} is not allowed`);

  if (claims.event_name === 'pull_request') {
    const number = PULL_REQUEST_REF.exec(claims.ref)?.[1];
    if (!number) return refused(`ref ${claims.ref} is not a pull request's merge ref`);
    return granted({ scope: pullRequestScope(Number(number)), mode: 'read-write' });
  }
  if (!TRUSTED_EVENTS.has(claims.event_name)) {
    return refused(`event ${claims.event_name} is not accepted`);
  }
  return policy.trustedRefs.includes(claims.ref)
    ? granted({ scope: 'trusted', mode: 'read-write' })
    : granted({ scope: 'trusted', mode: 'read-only' });
}

function granted(grant: Grant): WorkloadVerdict {
  return { kind: 'granted', grant };
}

function refused(reason: string): WorkloadVerdict {
  return { kind: 'refused', reason };
}
