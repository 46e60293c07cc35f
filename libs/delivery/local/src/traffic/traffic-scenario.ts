/**
 * What one request of a scenario is. In `path`, `body` and header values `{id}` stands for a known
 * resource's id, `{version}` for its version and `{n}` for a running number; a string in the body that is
 * nothing but `{version}` or `{n}` becomes that number.
 */
export interface ScenarioOperation {
  readonly name: string;
  /** Its share is weight / sum of weights of the operations that are possible. */
  readonly weight: number;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The response's `id` and `version` become a known resource. */
  readonly creates?: boolean;
  /** The resource is known no longer: the request archives or deletes it. */
  readonly removes?: boolean;
}

/** A mix of requests to one service, as plain data. */
export interface TrafficScenario {
  readonly name: string;
  /** At most this many resources are known at once: at the bound nothing is created. */
  readonly maxResources: number;
  readonly operations: readonly ScenarioOperation[];
}
