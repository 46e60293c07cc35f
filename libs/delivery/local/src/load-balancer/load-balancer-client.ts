import type { DesiredService, Fence } from './desired-service.ts';
import type { RevisionSecond, ServiceStatus } from './service-status.ts';

/** The admin API, typed. Every write carries a fence; a stale one is refused with `FENCE_STALE`. */
export interface LoadBalancerClient {
  /** Replaces a service's routing as a whole and returns what it is then. */
  setService(service: string, desired: DesiredService): Promise<ServiceStatus>;
  /** Takes charge of a service without changing its routing, so that older writers are refused. */
  takeFence(service: string, fence: Fence): Promise<ServiceStatus>;
  service(service: string): Promise<ServiceStatus>;
  services(): Promise<readonly ServiceStatus[]>;
  /** The last five minutes, second by second; seconds without requests are absent. */
  series(service: string): Promise<readonly RevisionSecond[]>;
  /** Prometheus text. */
  metrics(): Promise<string>;
}
