import { entriesOf, entry, expressionsIn, literalText } from '../located.ts';
import type { Rule } from './finding.ts';
import { finding, jobsOf, pathsIn } from './places.ts';
import type { Workflow } from '../workflow.ts';

export const inheritedSecrets: Rule = {
  id: 'inherited-secrets',
  severity: 'error',
  why: '`secrets: inherit` hands every secret of the repository to the called workflow, also those added later.',
  fix: 'Name the secrets that the called workflow declares.',
  *check(repository) {
    for (const { workflow, job } of jobsOf(repository)) {
      if (job.secrets === undefined || literalText(job.secrets) !== 'inherit') continue;
      yield finding(this.id, workflow.path, job.secrets.at, `job ${job.id} passes every secret`);
    }
  },
};

export const undeclaredSecret: Rule = {
  id: 'undeclared-secret',
  severity: 'error',
  why: 'A secret that does not exist is the empty text, so the step fails late or silently does nothing.',
  fix: 'Add the secret to the repository and to `secrets` in .github/ci-lint.json, or to `workflow_call.secrets`.',
  *check({ workflows, declaredSecrets }) {
    for (const workflow of workflows) {
      const known = knownSecrets(workflow, declaredSecrets);
      if (known === undefined) continue;
      for (const { expression, at } of expressionsIn(workflow.root)) {
        for (const path of pathsIn(expression)) {
          const name = path[0] === 'secrets' ? path[1] : undefined;
          if (name === undefined || name === '*' || known.has(name.toUpperCase())) continue;
          yield finding(this.id, workflow.path, at, `secret ${name} is declared nowhere`);
        }
      }
    }
  },
};

/** Undefined when nothing says which secrets exist: then no secret is called undeclared. */
function knownSecrets(workflow: Workflow, declared: readonly string[] | undefined) {
  const call = workflow.triggers.find(({ event }) => event === 'workflow_call');
  const isOnlyCalled = call !== undefined && workflow.triggers.length === 1;
  if (!isOnlyCalled && declared === undefined) return undefined;
  const own = entriesOf(entry(call?.config, 'secrets')).map(({ key }) => key);
  const names = isOnlyCalled ? own : [...own, ...(declared ?? [])];
  return new Set(['GITHUB_TOKEN', ...names].map((name) => name.toUpperCase()));
}
