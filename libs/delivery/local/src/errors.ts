import { CodedError } from '@prompt-card/core';

/** Every way in which a part of the local environment refuses or fails. */
export type LocalErrorCode =
  /** A listener's port belongs to another process. */
  | 'PORT_TAKEN'
  /** A load balancer already runs in this folder. */
  | 'LOAD_BALANCER_RUNNING'
  /** The load balancer's process ended, or never answered, while it was being started. */
  | 'LOAD_BALANCER_FAILED'
  /** Nothing answers at the load balancer's admin address. */
  | 'LOAD_BALANCER_UNREACHABLE'
  /** The admin API does not accept this token. */
  | 'LOAD_BALANCER_FORBIDDEN'
  /** A write carried a lower fence than one that was seen before: somebody else is in charge now. */
  | 'FENCE_STALE'
  /** The load balancer has no listener for this service. */
  | 'SERVICE_UNKNOWN'
  /** The desired state or a configuration does not fit its schema. */
  | 'CONFIGURATION_INVALID'
  /** The program does not exist, may not be executed, or ended before it was detached. */
  | 'PROCESS_NOT_STARTED'
  /** The program was started and ended before it could be identified. */
  | 'PROCESS_ENDED'
  /** The process is still there after SIGKILL (uninterruptible sleep). */
  | 'PROCESS_NOT_STOPPED'
  /** The revision's own migrate command failed. */
  | 'MIGRATION_FAILED'
  /** A build does not list its migrations. */
  | 'MIGRATIONS_UNKNOWN'
  /** The revision has no instance here. */
  | 'REVISION_ABSENT'
  /** The router that was chosen is a program that this machine does not have. */
  | 'ROUTER_NOT_INSTALLED'
  /** The router cannot know another revision of the service. */
  | 'ROUTER_FULL'
  /** A condition that was waited for did not come true in time, or its process ended. */
  | 'WAIT_FAILED';

export class LocalError extends CodedError<LocalErrorCode> {}
