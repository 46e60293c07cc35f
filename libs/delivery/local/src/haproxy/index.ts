export { HaproxyTrafficRouter } from './haproxy-traffic-router.ts';
export type { HaproxyServiceInput } from './haproxy-service.ts';
export {
  type HaproxyOptions,
  type RunningHaproxy,
  findHaproxy,
  haproxySearchPath,
  startHaproxy,
  stopHaproxy,
} from './start-haproxy.ts';
