import { CodedError } from '@prompt-card/core';

/** Thrown when a judge is built or restored, never while a rollout runs. */
export type AnalysisErrorCode = 'PLAN_INVALID' | 'POLICY_INVALID' | 'SNAPSHOT_INVALID';

export class AnalysisError extends CodedError<AnalysisErrorCode> {}
