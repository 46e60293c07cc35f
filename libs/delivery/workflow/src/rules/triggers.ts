import { entry, textList } from '../located.ts';
import { unreachableJobs } from '../reachability.ts';
import type { Rule } from './finding.ts';
import { finding } from './places.ts';

export const unknownWorkflowRun: Rule = {
  id: 'unknown-workflow-run',
  severity: 'error',
  why: '`workflow_run` waits for a workflow by its name; a name that none has never starts, without any message.',
  fix: 'Write the exact `name:` of the other workflow.',
  *check({ workflows }) {
    const names = workflows.map(({ name }) => name);
    for (const workflow of workflows) {
      for (const trigger of workflow.triggers) {
        if (trigger.event !== 'workflow_run') continue;
        for (const { text, at } of textList(entry(trigger.config, 'workflows'))) {
          if (names.includes(text)) continue;
          const near = names.find((name) => name.startsWith(text) || text.startsWith(name));
          const hint = near === undefined ? '' : `; there is '${near}'`;
          yield finding(this.id, workflow.path, at, `no workflow is named '${text}'${hint}`);
        }
      }
    }
  },
};

export const unreachableJob: Rule = {
  id: 'unreachable-job',
  severity: 'error',
  why: 'A job that no event can run is a promise nobody keeps: the deployment, scan or report never happens.',
  fix: 'Change the trigger, the `if` or the `needs`, so that one event satisfies all three at once.',
  *check({ workflows }) {
    for (const workflow of workflows) {
      for (const { job, reasons } of unreachableJobs(workflow)) {
        const message = `job ${job.id} never runs (${reasons.join('; ')})`;
        yield finding(this.id, workflow.path, job.at, message);
      }
    }
  },
};
