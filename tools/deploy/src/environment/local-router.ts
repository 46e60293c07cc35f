import path from 'node:path';
import {
  HaproxyTrafficRouter,
  type LoadBalancerClient,
  LocalTrafficRouter,
  type LocalWorkload,
  type RunningHaproxy,
  type RunningLoadBalancer,
  connectLoadBalancer,
  currentUser,
  findHaproxy,
  findLoadBalancer,
  haproxySearchPath,
  startHaproxy,
  startLoadBalancer,
  stopHaproxy,
  stopLoadBalancer,
} from '@prompt-card/local';
import type { TrafficRouter } from '@prompt-card/rollout';
import { DeployError } from '../deploy-error.ts';
import type { ServiceDefinition } from './environment-file.ts';

/** `embedded` is the load balancer of this workspace; `haproxy` a program that the machine has to have. */
export const ROUTERS = ['embedded', 'haproxy'] as const;
export type RouterKind = (typeof ROUTERS)[number];

/** What splits the traffic of a local environment. */
export interface RunningRouter {
  readonly kind: RouterKind;
  /** Where each service is reached, by its name. */
  readonly urls: Readonly<Record<string, string>>;
  /** The admin API that only the embedded load balancer has. */
  readonly client?: LoadBalancerClient;
  /** Refuses from now on whoever writes under an older lease. */
  takeCharge(service: string, fence: number): Promise<void>;
  trafficRouter(workload: LocalWorkload): TrafficRouter;
  stop(): Promise<void>;
}

/** Where an environment's router is kept and what it serves. */
export interface RouterOptions {
  readonly workspaceRoot: string;
  /** The environment's folder. */
  readonly folder: string;
  /** With the ports that they really get. */
  readonly services: readonly ServiceDefinition[];
}

/** What is known when a router is needed. */
export interface RouterFacts {
  /** By the command that is being run. */
  readonly asked: RouterKind | undefined;
  readonly running: RouterKind | undefined;
  /** The one that was started last and not stopped by a command: it may have died. */
  readonly last: RouterKind | undefined;
  /** By the environment file. */
  readonly configured: RouterKind;
}

/**
 * The router to use. One that serves is never replaced in passing, because both need the same ports; and
 * one that died is followed by one of its kind, which knows its routing.
 */
export function chooseRouter({ asked, running, last, configured }: RouterFacts): RouterKind {
  const current = running ?? last;
  if (current && asked && asked !== current) {
    throw new DeployError(
      'OPTION_INVALID',
      `--router=${asked} was asked for, but the environment is served by ${current}`,
      { next: `stop it first: nx run deploy:down; or leave --router out to go on with ${current}` },
    );
  }
  return current ?? asked ?? configured;
}

export function parseRouterKind(text: string): RouterKind | undefined {
  return ROUTERS.find((kind) => kind === text.trim());
}

export async function findRouter(folder: string): Promise<RunningRouter | undefined> {
  const balancer = await findLoadBalancer(path.join(folder, 'balancer'));
  if (balancer) return embedded(balancer);
  const running = await findHaproxy(path.join(folder, 'haproxy'));
  return running && haproxy(running);
}

/** Rejects with `PORT_TAKEN` if a service's port belongs to another process. */
export async function startRouter(
  kind: RouterKind,
  { workspaceRoot, folder, services }: RouterOptions,
): Promise<RunningRouter> {
  const served = services.map(({ name, port, probePath }) => ({
    name,
    port,
    revisionOverride: true,
    healthCheck: { path: probePath, intervalMs: 500, timeoutMs: 1_000 },
  }));
  switch (kind) {
    case 'embedded':
      return embedded(
        await startLoadBalancer({
          program: path.join(workspaceRoot, 'libs/delivery/local/dist/load-balancer.js'),
          directory: path.join(folder, 'balancer'),
          node: process.execPath,
          services: served,
        }),
      );
    case 'haproxy':
      return haproxy(
        await startHaproxy({
          directory: path.join(folder, 'haproxy'),
          services: served,
          searchPath: haproxySearchPath(process.env['PATH'] ?? ''),
        }),
      );
  }
}

async function embedded(balancer: RunningLoadBalancer): Promise<RunningRouter> {
  const client = await connectLoadBalancer(balancer);
  const holder = currentUser();
  return {
    kind: 'embedded',
    urls: balancer.urls,
    client,
    takeCharge: async (service, fence) => {
      await client.takeFence(service, { fence, holder });
    },
    trafficRouter: (workload) =>
      new LocalTrafficRouter(client, (revision) => workload.addressOf(revision), holder),
    stop: () => stopLoadBalancer(balancer),
  };
}

function haproxy(running: RunningHaproxy): RunningRouter {
  const routerOf = (addressOf: LocalWorkload['addressOf']) =>
    new HaproxyTrafficRouter(running.directory, addressOf);
  return {
    kind: 'haproxy',
    urls: running.urls,
    takeCharge: (service, fence) =>
      routerOf(() => Promise.reject(new Error('no revision is routed to here'))).takeFence(
        service,
        fence,
      ),
    trafficRouter: (workload) => routerOf((revision) => workload.addressOf(revision)),
    stop: () => stopHaproxy(running),
  };
}
