export { type Json, type JsonObject, isJsonObject, sameJson } from './json.ts';
export { WorkflowError, type WorkflowErrorCode } from './workflow-error.ts';
export {
  entriesOf,
  entry,
  entryOf,
  expressionsIn,
  literalJson,
  literalText,
  type Entry,
  type Located,
  type Position,
  textList,
} from './located.ts';
export type { Action, Condition, Job, Problem, Step, Trigger, Workflow } from './workflow.ts';
export { parseAction, parseWorkflow } from './parse-workflow.ts';
export {
  asText,
  calls,
  evaluate,
  explainFalse,
  isTruthy,
  parseExpression,
  references,
  resolve,
  resolveText,
  resolveTexts,
  type Scope,
} from './expression.ts';
export { isLiteralPattern, matchesFilter } from './filter-pattern.ts';
export {
  decideTrigger,
  githubContext,
  inputNames,
  refOf,
  schedules,
  type TriggerDecision,
  type WorkflowEvent,
} from './event.ts';
export { resolveInputs } from './inputs.ts';
export { type Combination, combinationName, expandMatrix } from './matrix.ts';
export {
  ancestorsOf,
  callsStatus,
  decideJob,
  type FinishedJob,
  type JobDecision,
  type JobResult,
  jobStatus,
  needsContext,
} from './job-decision.ts';
export {
  callInputs,
  callSecrets,
  conclude,
  concurrencyGroup,
  dispatchInputs,
  type FindWorkflow,
  inOrder,
  instanceName,
  type JobPlan,
  localPath,
  planRun,
  type RunPlan,
  type Scenario,
  type ScriptedJob,
  workflowOutputs,
} from './plan.ts';
export { type Start, startsOf, type Unreachable, unreachableJobs } from './reachability.ts';
export type { Finding, Repository, Rule } from './rules/finding.ts';
export { checkRules, rules } from './rules/index.ts';
export { remoteAction } from './rules/places.ts';
