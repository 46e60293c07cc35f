export {
  type AffectedReason,
  explainAffected,
  isDocsOnly,
  isDocumentation,
  reasonText,
} from './affected.ts';
export { type AgentLoad, balance } from './balance.ts';
export {
  applyQuarantine,
  findFlakes,
  quarantineFlakes,
  quarantineSchema,
  type Quarantine,
  type QuarantineEntry,
  type QuarantineVerdict,
  type TestOutcome,
} from './flakes.ts';
export { decideGate, type GateNeeds, type GateVerdict, needsSchema } from './gate.ts';
export { planSummary } from './plan-summary.ts';
export { owningProject, type Project, type ProjectGraph, type Task } from './project-graph.ts';
export { type PipelinePlan, type PlanEntry, type PlanFacts, planPipeline } from './run-plan.ts';
export { shard } from './shards.ts';
export { expectedMs, noTimings, recordDurations, timingsSchema, type Timings } from './timings.ts';
