import type { ProcessIdentity } from '../process/process-identity.ts';
import type { ServiceConfigInput } from './service-config.ts';

/** What `startLoadBalancer` needs. */
export interface LoadBalancerOptions {
  /** The bundled program, `libs/delivery/local/dist/load-balancer.js`. */
  readonly program: string;
  /** Its own folder: configuration, token, routing, log. Made if it is missing. */
  readonly directory: string;
  readonly services: readonly ServiceConfigInput[];
  /** 0, the default, takes any free port. */
  readonly adminPort?: number;
  /** Node's executable. */
  readonly node: string;
}

/** A load balancer on this machine, written to `<directory>/running.json` so that later commands find it. */
export interface RunningLoadBalancer {
  readonly identity: ProcessIdentity;
  readonly directory: string;
  readonly logFile: string;
  readonly tokenFile: string;
  /** `http://127.0.0.1:40123` */
  readonly adminUrl: string;
  /** The address of each service's listener, by its name. */
  readonly urls: Readonly<Record<string, string>>;
}
