import type { Rule } from './finding.ts';
import { finding, jobsOf, remoteAction, stepsOf } from './places.ts';
import { literalText, entriesOf, entry } from '../located.ts';

const rule = 'unpinned-action';

/** The commit of an action, not a tag that its owner, or whoever steals the account, can move. */
export const unpinnedAction: Rule = {
  id: rule,
  severity: 'error',
  why: 'A tag or branch can be moved to other code after the review; that code then runs with the secrets and the token of this job.',
  fix: 'Pin the commit and keep the version in a comment; `nx run ci:pins --fill` writes both.',
  *check(repository) {
    for (const { path, step } of stepsOf(repository)) {
      if (step.uses === undefined) continue;
      const message = unpinned(step.uses.reference);
      if (message !== undefined) yield finding(rule, path, step.uses.at, message);
    }
    for (const { workflow, job } of jobsOf(repository)) {
      if (job.uses !== undefined) {
        const message = unpinned(job.uses.reference);
        if (message !== undefined) yield finding(rule, workflow.path, job.uses.at, message);
      }
      const containers = [job.container, ...entriesOf(job.services).map(({ value }) => value)];
      for (const container of containers) {
        const image = container?.kind === 'map' ? entry(container, 'image') : container;
        const name = literalText(image);
        if (image === undefined || name === undefined || name.includes('@sha256:')) continue;
        yield finding(rule, workflow.path, image.at, `image ${name} is not pinned by its digest`);
      }
    }
  },
};

function unpinned(reference: string): string | undefined {
  if (reference.startsWith('docker://')) {
    return reference.includes('@sha256:') ? undefined : `${reference} is not pinned by its digest`;
  }
  const action = remoteAction(reference);
  if (action === undefined || /^[0-9a-f]{40}$/.test(action.ref)) return undefined;
  return `${action.name} is pinned to '${action.ref}', which is not a commit`;
}
