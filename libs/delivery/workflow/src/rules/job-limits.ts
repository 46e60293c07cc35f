import { entry, literalText } from '../located.ts';
import type { Rule } from './finding.ts';
import { finding, isAction, jobsOf, stepsOf } from './places.ts';

export const missingTimeout: Rule = {
  id: 'missing-timeout',
  severity: 'error',
  why: 'A job that hangs holds its runner, and everything that waits for it, for six hours.',
  fix: 'Set `timeout-minutes` to about twice the usual duration.',
  *check(repository) {
    for (const { workflow, job } of jobsOf(repository)) {
      // A call cannot have a timeout; the called jobs have their own.
      if (job.uses !== undefined || job.timeoutMinutes !== undefined) continue;
      yield finding(this.id, workflow.path, job.at, `job ${job.id} has no timeout-minutes`);
    }
  },
};

export const missingConcurrency: Rule = {
  id: 'missing-concurrency',
  severity: 'error',
  why: 'Without a concurrency group an old run goes on beside the new one: wasted minutes in CI, two deployments at once in CD.',
  fix: 'Add `concurrency` with a group per workflow and ref; cancel in progress only where nothing is deployed.',
  *check({ workflows }) {
    for (const workflow of workflows) {
      const isOnlyCalled = workflow.triggers.every(({ event }) => event === 'workflow_call');
      if (workflow.concurrency !== undefined || isOnlyCalled) continue;
      if (workflow.jobs.length > 0 && workflow.jobs.every((job) => job.concurrency !== undefined)) {
        continue;
      }
      const at = workflow.triggers[0]?.at ?? { line: 1, column: 1 };
      yield finding(this.id, workflow.path, at, 'no concurrency group');
    }
  },
};

export const persistedCredentials: Rule = {
  id: 'persisted-credentials',
  severity: 'error',
  why: 'checkout leaves the token in .git/config, where every later step and every uploaded artifact can take it.',
  fix: 'Set `persist-credentials: false`; a step that pushes gets its token by itself.',
  *check(repository) {
    for (const { path, step } of stepsOf(repository)) {
      if (step.uses === undefined || !isAction(step, 'actions/checkout')) continue;
      if (literalText(entry(step.with, 'persist-credentials')) === 'false') continue;
      yield finding(this.id, path, step.uses.at, 'checkout keeps its credentials');
    }
  },
};

export const silentContinue: Rule = {
  id: 'silent-continue-on-error',
  severity: 'error',
  why: 'A failure that nobody sees is how a check becomes a decoration.',
  fix: 'Remove it, or say in a comment beside or above it why the failure does not matter.',
  *check(repository) {
    for (const { path, content, step } of stepsOf(repository)) {
      const value = step.continueOnError;
      if (value === undefined || literalText(value) === 'false') continue;
      if (hasComment(content, value.at.line)) continue;
      yield finding(this.id, path, value.at, 'continue-on-error without a reason');
    }
    for (const { workflow, job } of jobsOf(repository)) {
      const value = job.continueOnError;
      if (value === undefined || literalText(value) === 'false') continue;
      // `${{ matrix.experimental }}` names its reason.
      if (value.kind === 'expression' || hasComment(workflow.content, value.at.line)) continue;
      yield finding(this.id, workflow.path, value.at, 'continue-on-error without a reason');
    }
  },
};

function hasComment(content: string, line: number): boolean {
  const lines = content.split('\n');
  return /\s#\s*\S/.test(lines[line - 1] ?? '') || /^\s*#\s*\S/.test(lines[line - 2] ?? '');
}
