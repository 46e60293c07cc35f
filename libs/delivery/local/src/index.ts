export { LocalError, type LocalErrorCode } from './errors.ts';
export type { DesiredService, DesiredTarget, Fence } from './load-balancer/desired-service.ts';
export type { ServiceConfigInput } from './load-balancer/service-config.ts';
export type {
  RevisionCounts,
  RevisionSecond,
  ServiceStatus,
  TargetHealth,
  TargetStatus,
} from './load-balancer/service-status.ts';
export { LoadBalancerClient } from './load-balancer/load-balancer-client.ts';
export {
  connectLoadBalancer,
  findLoadBalancer,
  type LoadBalancerOptions,
  type RunningLoadBalancer,
  startLoadBalancer,
  stopLoadBalancer,
} from './load-balancer/start-load-balancer.ts';
export type { ProcessIdentity } from './process/process-identity.ts';
export type { ScenarioOperation, TrafficScenario } from './traffic/traffic-scenario.ts';
export { type RunningTraffic, startTraffic, type TrafficOptions } from './traffic/start-traffic.ts';
export type { TrafficFailure, TrafficReport } from './traffic/traffic-report.ts';
export { identifyProcess, isAlive } from './process/process-identity.ts';
export { findProcess } from './process/find-process.ts';
export { startProcess, type StartOptions } from './process/start-process.ts';
export { stopProcess, type StopOutcome } from './process/stop-process.ts';
export { waitForLogLine, waitForPort, type WaitOptions } from './process/wait-for.ts';
export { tailLog } from './process/log-tail.ts';
export { freePort, portHolder, type PortHolder } from './process/port.ts';
export * from './environment/index.ts';
export * from './haproxy/index.ts';
