import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { listen } from '../../process/port.ts';
import type { DesiredTarget } from '../desired-service.ts';
import { LoadBalancer } from '../load-balancer.ts';
import { RoutingStore } from '../routing-store.ts';
import { type ServiceConfigInput, serviceConfigSchema } from '../service-config.ts';
import type { RevisionCounts, ServiceStatus } from '../service-status.ts';

export const SERVICE = 'backend';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** `x-served-by` */
  readonly revision: string | undefined;
}

/** A load balancer with one service on a free port, in this process. */
export class TestBalancer {
  readonly balancer: LoadBalancer;
  readonly directory: string;
  readonly port: number;
  readonly agent = new Agent({ keepAlive: true });
  #fence = 1;

  private constructor(balancer: LoadBalancer, directory: string, port: number) {
    this.balancer = balancer;
    this.directory = directory;
    this.port = port;
  }

  static async start(
    config: Partial<ServiceConfigInput> = {},
    options: { readonly directory?: string; readonly random?: () => number } = {},
  ): Promise<TestBalancer> {
    const directory = options.directory ?? (await mkdtemp(path.join(tmpdir(), 'balancer-')));
    const server = await listen('127.0.0.1', 0);
    const balancer = new LoadBalancer({
      services: [
        {
          config: serviceConfigSchema.parse({
            name: SERVICE,
            port: 0,
            healthCheck: { intervalMs: 100, healthyThreshold: 1 },
            ...config,
          }),
          server,
        },
      ],
      store: await RoutingStore.open(path.join(directory, 'routing.json')),
      generation: 1,
      countingSince: Date.now(),
      ...(options.random === undefined ? {} : { random: options.random }),
    });
    return new TestBalancer(balancer, directory, (server.address() as AddressInfo).port);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  set(...targets: readonly DesiredTarget[]): Promise<ServiceStatus> {
    return this.balancer.setService(SERVICE, { fence: this.#fence++, holder: 'test', targets });
  }

  /** Sets the routing and waits until every target has passed its health check. */
  async route(...targets: readonly DesiredTarget[]): Promise<void> {
    await this.set(...targets);
    await until(() => this.status().targets.every(({ health }) => health === 'healthy'));
  }

  status(): ServiceStatus {
    return this.balancer.status(SERVICE);
  }

  counts(revision: string): RevisionCounts {
    const counts = this.status().revisions.find((each) => each.revision === revision);
    if (counts === undefined) throw new Error(`nothing was counted for ${revision}`);
    return counts;
  }

  get(pathname = '/', options: RequestOptions = {}): Promise<Answer> {
    return this.send({ path: pathname, ...options });
  }

  send(options: RequestOptions, body?: string | Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = request({ port: this.port, host: '127.0.0.1', agent: this.agent, ...options });
      sent.once('error', reject);
      sent.once('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString('latin1'),
            revision: response.headers['x-served-by'] as string | undefined,
          }),
        );
      });
      sent.end(body);
    });
  }

  async close(graceMs = 0): Promise<void> {
    this.agent.destroy();
    await this.balancer.close(graceMs);
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Looks again at each turn of the event loop; Jest's own timeout ends what never comes true. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 2));
}
