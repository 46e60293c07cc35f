import fs from 'node:fs';
import { type Json, type WorkflowEvent } from '@prompt-card/workflow';
import { changedFiles, git } from '../git.ts';

/** What the caller says about the event; the rest comes from the repository. */
export interface EventRequest {
  readonly name: string;
  readonly payloadFile?: string;
  readonly commit: string;
  readonly base: string;
  readonly inputs: Readonly<Record<string, string>>;
}

/** The event as GitHub would send it for this commit, or the one from the given file. */
export async function localEvent(root: string, request: EventRequest): Promise<WorkflowEvent> {
  const { name, payloadFile, commit, base, inputs } = request;
  const baseSha = (await git(root, 'merge-base', base, commit).catch(() => commit)).trim();
  const files = baseSha === commit ? undefined : await changedFiles(root, baseSha, commit);
  const payload =
    payloadFile === undefined
      ? await defaultPayload(root, name, commit, baseSha)
      : (JSON.parse(fs.readFileSync(payloadFile, 'utf8')) as Record<string, Json>);
  return {
    name,
    payload: name === 'workflow_dispatch' ? { ...payload, inputs } : payload,
    sha: commit,
    actor: 'local',
    inputs,
    ...(files === undefined ? {} : { changedFiles: files }),
  };
}

async function defaultPayload(root: string, name: string, commit: string, base: string) {
  const branch = (await git(root, 'rev-parse', '--abbrev-ref', 'HEAD')).trim();
  const repository = { full_name: 'local/repository', default_branch: 'main' };
  const sender = { login: 'local' };
  const message = (await git(root, 'log', '-1', '--format=%B', commit)).trim();
  const common: Record<string, Json> = { repository, sender };
  switch (name) {
    case 'push':
      return {
        ...common,
        ref: `refs/heads/${branch}`,
        before: base,
        after: commit,
        head_commit: { id: commit, message },
      };
    case 'pull_request':
    case 'pull_request_target':
      return {
        ...common,
        action: 'synchronize',
        number: 1,
        pull_request: {
          number: 1,
          title: message.split('\n')[0] ?? '',
          body: '',
          labels: [],
          base: { ref: 'main', sha: base, repo: repository },
          head: { ref: branch, sha: commit, repo: repository },
          user: sender,
        },
      };
    case 'merge_group':
      return {
        ...common,
        action: 'checks_requested',
        merge_group: {
          base_ref: 'refs/heads/main',
          base_sha: base,
          head_ref: `refs/heads/gh-readonly-queue/main/${branch}`,
          head_sha: commit,
        },
      };
    default:
      return common;
  }
}
