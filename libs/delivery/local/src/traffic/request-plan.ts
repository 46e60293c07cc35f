import type { ScenarioOperation, TrafficScenario } from './traffic-scenario.ts';

/** A resource that the run has created. */
interface Resource {
  readonly id: string;
  version: number;
  readers: number;
  /** A request is changing it: nobody else touches it until that is answered. */
  isChanging: boolean;
}

/** One request, ready to be sent. */
export interface PlannedRequest {
  readonly operation: ScenarioOperation;
  readonly path: string;
  readonly body: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly resource: Resource | undefined;
}

/**
 * Draws a run's requests from its scenario. Two requests of one run never get in each other's way, so that
 * every 4xx is a fault of the service: a resource is changed by one request at a time, and only while none
 * reads it.
 */
export class RequestPlan {
  readonly #scenario: TrafficScenario;
  readonly #random: () => number;
  readonly #resources: Resource[] = [];
  #creating = 0;
  #n = 0;

  constructor(scenario: TrafficScenario, random: () => number) {
    this.#scenario = scenario;
    this.#random = random;
  }

  /** The next request; undefined if nothing is possible right now. */
  next(): PlannedRequest | undefined {
    const operation = this.#draw(
      this.#scenario.operations.filter((each) => this.#isPossible(each)),
    );
    if (operation === undefined) return undefined;
    const resource = needsResource(operation) ? this.#pick(operation) : undefined;
    if (operation.creates) this.#creating++;
    if (resource !== undefined) {
      if (operation.method === 'GET') resource.readers++;
      else resource.isChanging = true;
    }
    return this.#plan(operation, resource);
  }

  /** Tells what came of a request: the response's JSON if it succeeded. */
  settle({ operation, resource }: PlannedRequest, answer: unknown): void {
    const { id, version } = (answer ?? {}) as { readonly id?: unknown; readonly version?: unknown };
    if (operation.creates) {
      this.#creating--;
      if (typeof id === 'string' || typeof id === 'number') {
        this.#resources.push({
          id: String(id),
          version: typeof version === 'number' ? version : 1,
          readers: 0,
          isChanging: false,
        });
      }
    }
    if (resource === undefined) return;
    if (operation.method === 'GET') {
      resource.readers--;
      return;
    }
    resource.isChanging = false;
    if (typeof version === 'number') resource.version = version;
    // Whether a failed change took effect is not known, and so its version is not.
    if (operation.removes || answer === undefined) this.#forget(resource);
  }

  /** One request for each resource that is still known, to take it away; none if the scenario cannot. */
  removals(): readonly PlannedRequest[] {
    const remove = this.#scenario.operations.find(({ removes }) => removes);
    return remove ? this.#resources.map((resource) => this.#plan(remove, resource)) : [];
  }

  #isPossible(operation: ScenarioOperation): boolean {
    if (operation.weight <= 0) return false;
    if (operation.creates) {
      return this.#resources.length + this.#creating < this.#scenario.maxResources;
    }
    return !needsResource(operation) || this.#resources.some((each) => isFree(each, operation));
  }

  #draw(operations: readonly ScenarioOperation[]): ScenarioOperation | undefined {
    let rest = this.#random() * operations.reduce((sum, { weight }) => sum + weight, 0);
    return operations.find(({ weight }) => (rest -= weight) < 0) ?? operations.at(-1);
  }

  #pick(operation: ScenarioOperation): Resource | undefined {
    const free = this.#resources.filter((each) => isFree(each, operation));
    return free[Math.floor(this.#random() * free.length)];
  }

  #plan(operation: ScenarioOperation, resource: Resource | undefined): PlannedRequest {
    const values = { id: resource?.id ?? '', version: resource?.version ?? 1, n: ++this.#n };
    const headers = Object.entries(operation.headers ?? {}).map(([name, value]) => [
      name,
      fillText(value, values),
    ]);
    return {
      operation,
      resource,
      path: fillText(operation.path, values),
      body: operation.body === undefined ? undefined : JSON.stringify(fill(operation.body, values)),
      headers: Object.fromEntries(headers) as Record<string, string>,
    };
  }

  #forget(resource: Resource): void {
    const index = this.#resources.indexOf(resource);
    if (index >= 0) this.#resources.splice(index, 1);
  }
}

interface Values {
  readonly id: string;
  readonly version: number;
  readonly n: number;
}

function needsResource({ path, body, headers }: ScenarioOperation): boolean {
  return JSON.stringify([path, body, headers]).includes('{id}');
}

function isFree({ isChanging, readers }: Resource, { method }: ScenarioOperation): boolean {
  return !isChanging && (method === 'GET' || readers === 0);
}

function fillText(text: string, values: Values): string {
  return text.replace(/(?<!\{)\{(id|version|n)\}(?!\})/g, (_match, name: keyof Values) =>
    String(values[name]),
  );
}

function fill(value: unknown, values: Values): unknown {
  if (value === '{version}') return values.version;
  if (value === '{n}') return values.n;
  if (typeof value === 'string') return fillText(value, values);
  if (Array.isArray(value)) return value.map((each) => fill(each, values));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fill(each, values)]));
}
