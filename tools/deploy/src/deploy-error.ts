import { CodedError } from '@prompt-card/core';

/** What can go wrong before a rollout begins, or around it. */
export type DeployErrorCode =
  | 'ENVIRONMENT_FILE_MISSING'
  | 'ENVIRONMENT_FILE_INVALID'
  /** An option of the command does not fit. */
  | 'OPTION_INVALID'
  /** A build's output is not where the environment file says. */
  | 'ARTIFACT_MISSING'
  /** A webhook's secret is not in the environment. */
  | 'SECRET_MISSING';

export class DeployError extends CodedError<DeployErrorCode> {}
