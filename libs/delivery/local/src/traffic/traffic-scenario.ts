/** What one request of a scenario is; `{id}` in path and body stands for a known resource's id. */
export interface ScenarioOperation {
  readonly name: string;
  /** Its share is weight / sum of weights of the operations that are possible. */
  readonly weight: number;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  /** Sent as JSON; `{n}` stands for a running number. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The response's `id` (and version, if `{version}` is used) joins the pool of known resources. */
  readonly creates?: boolean;
  /** Takes a resource out of the pool: archives or deletes it. */
  readonly removes?: boolean;
}

/** A mix of requests to one service, as plain data. */
export interface TrafficScenario {
  readonly name: string;
  /** At most this many resources exist at once: at the bound, creates become removes. */
  readonly maxResources: number;
  readonly operations: readonly ScenarioOperation[];
}
