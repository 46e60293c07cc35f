import { CodedError } from '@prompt-card/core';

export type CiErrorCode =
  | 'CONFIG_INVALID'
  | 'NO_WORKFLOWS'
  | 'WORKFLOW_UNKNOWN'
  | 'EVENT_UNKNOWN'
  | 'GIT_FAILED'
  | 'PIN_UNRESOLVED'
  | 'PLAN_FAILED'
  | 'STEP_INVALID';

/** What stops an executor of this plugin before or beside its actual answer. */
export class CiError extends CodedError<CiErrorCode> {}
