import { CodedError } from '@prompt-card/core';

export type WorkflowErrorCode =
  | 'WORKFLOW_TOO_LARGE'
  | 'WORKFLOW_TOO_MANY_NODES'
  | 'WORKFLOW_NOT_YAML'
  | 'EXPRESSION_INVALID'
  | 'EXPRESSION_FAILED'
  | 'MATRIX_INVALID'
  | 'INPUT_INVALID'
  | 'CALL_TOO_DEEP';

/** A workflow that cannot be read, or an expression that cannot be evaluated. */
export class WorkflowError extends CodedError<WorkflowErrorCode> {}
