import { entriesOf, literalText, type Located } from '../located.ts';
import type { Rule } from './finding.ts';
import { finding } from './places.ts';

export const missingPermissions: Rule = {
  id: 'missing-permissions',
  severity: 'error',
  why: "Without `permissions` a job gets the repository's default token, which may write everything.",
  fix: 'Write `permissions: {}` at the top and give each job only the scopes it uses.',
  *check({ workflows }) {
    for (const workflow of workflows) {
      if (workflow.permissions !== undefined) continue;
      for (const job of workflow.jobs) {
        if (job.permissions !== undefined) continue;
        yield finding(this.id, workflow.path, job.at, `job ${job.id} has no explicit permissions`);
      }
    }
  },
};

export const broadPermissions: Rule = {
  id: 'broad-permissions',
  severity: 'error',
  why: 'A scope at the top of a workflow, or `write-all`, reaches every job and every action in it.',
  fix: 'Move write scopes from the workflow to the one job that needs them, by name.',
  *check({ workflows }) {
    for (const workflow of workflows) {
      const top = broad(workflow.permissions, workflow.jobs.length > 1);
      if (top !== undefined) yield finding(this.id, workflow.path, top.at, top.message);
      for (const job of workflow.jobs) {
        const own = broad(job.permissions, false);
        if (own !== undefined) yield finding(this.id, workflow.path, own.at, own.message);
      }
    }
  },
};

function broad(permissions: Located | undefined, refusesWrites: boolean) {
  if (permissions === undefined) return undefined;
  const text = literalText(permissions);
  if (text === 'write-all' || text === 'read-all') {
    return { at: permissions.at, message: `${text} grants every scope` };
  }
  const write = refusesWrites
    ? entriesOf(permissions).find(({ value }) => literalText(value) === 'write')
    : undefined;
  return write && { at: write.keyAt, message: `every job may write ${write.key}` };
}
