import { judgeWorkload, type WorkloadClaims } from './workload-identity.ts';

const policy = {
  repositoryId: '42',
  trustedRefs: ['refs/heads/main'],
  workflows: ['octo/app/.github/workflows/ci.yml'],
};
const onMain: WorkloadClaims = {
  repository: 'octo/app',
  repository_id: '42',
  ref: 'refs/heads/main',
  event_name: 'push',
  job_workflow_ref: 'octo/app/.github/workflows/ci.yml@refs/heads/main',
  run_id: '1',
};
const at = (ref: string, event_name: string): WorkloadClaims => ({
  ...onMain,
  ref,
  event_name,
  job_workflow_ref: `octo/app/.github/workflows/ci.yml@${ref}`,
});

describe('judgeWorkload', () => {
  it('trusts a push to a protected branch', () => {
    expect(judgeWorkload(onMain, policy)).toEqual({
      kind: 'granted',
      grant: { scope: 'trusted', mode: 'read-write' },
    });
  });

  it('gives a pull request its own scope', () => {
    expect(judgeWorkload(at('refs/pull/12/merge', 'pull_request'), policy)).toEqual({
      kind: 'granted',
      grant: { scope: 'pr-12', mode: 'read-write' },
    });
  });

  it('lets any other branch only read', () => {
    expect(judgeWorkload(at('refs/heads/feature', 'push'), policy)).toEqual({
      kind: 'granted',
      grant: { scope: 'trusted', mode: 'read-only' },
    });
  });

  it.each(['pull_request_target', 'workflow_run', 'issue_comment', ''])(
    'refuses %s, which may run foreign code under a trusted ref',
    (event) => {
      expect(judgeWorkload(at('refs/heads/main', event), policy).kind).toBe('refused');
    },
  );

  it.each([
    { ...onMain, repository_id: '43' },
    { ...onMain, job_workflow_ref: 'evil/app/.github/workflows/ci.yml@refs/heads/main' },
    { ...onMain, job_workflow_ref: 'octo/app/.github/workflows/other.yml@refs/heads/main' },
    { ...onMain, job_workflow_ref: 'octo/app/.github/workflows/ci.yml@refs/heads/feature' },
    at('refs/heads/main', 'pull_request'),
    at('refs/pull/12/head', 'pull_request'),
    at('refs/pull/012/merge', 'pull_request'),
  ])('refuses another repository, workflow, or ref (%#)', (claims) => {
    expect(judgeWorkload(claims, policy).kind).toBe('refused');
  });
});
