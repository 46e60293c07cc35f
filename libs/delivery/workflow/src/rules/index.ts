import { unpinnedAction } from './action-pins.ts';
import {
  callMismatch,
  missingNeed,
  outputNeverSet,
  undeclaredOutput,
  unparsableMatrix,
  unproducedArtifact,
} from './data-flow.ts';
import type { Finding, Repository, Rule } from './finding.ts';
import {
  missingConcurrency,
  missingTimeout,
  persistedCredentials,
  silentContinue,
} from './job-limits.ts';
import { broadPermissions, missingPermissions } from './permissions.ts';
import { inheritedSecrets, undeclaredSecret } from './secrets.ts';
import { unknownWorkflowRun, unreachableJob } from './triggers.ts';
import { forkCode, scriptInjection } from './untrusted-input.ts';

/** Every rule of our own, in the order of the report. */
export const rules: readonly Rule[] = [
  unpinnedAction,
  missingPermissions,
  broadPermissions,
  scriptInjection,
  forkCode,
  inheritedSecrets,
  undeclaredSecret,
  persistedCredentials,
  missingTimeout,
  missingConcurrency,
  silentContinue,
  unknownWorkflowRun,
  unreachableJob,
  missingNeed,
  undeclaredOutput,
  outputNeverSet,
  unproducedArtifact,
  unparsableMatrix,
  callMismatch,
];

/** The findings of all rules, by place. Files that do not parse are the parser's business. */
export function checkRules(repository: Repository): Finding[] {
  const sound = {
    ...repository,
    workflows: repository.workflows.filter((workflow) => workflow.triggers.length > 0),
  };
  return rules
    .flatMap((rule) => [...rule.check(sound)])
    .sort((a, b) => a.path.localeCompare(b.path) || a.line - b.line || a.column - b.column);
}
