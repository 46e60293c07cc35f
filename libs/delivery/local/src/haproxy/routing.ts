import { z } from 'zod';
import { LocalError } from '../errors.ts';

/**
 * How many revisions of one service HAProxy can know at once. Servers are written into its configuration
 * as slots without a tenant: what a slot is can be changed while HAProxy runs, and there is nothing to
 * add or to delete.
 */
export const SLOTS: readonly string[] = Array.from({ length: 16 }, (_, index) => `s${index + 1}`);

/** Of so many revisions that are gone the counts are kept. */
const MAX_DEPARTED = 64;

const tallySchema = z.object({ requests: z.int(), errors: z.int() });

const targetSchema = z.object({
  /** Goes into commands as it is, so nothing that could end one. */
  revision: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
  host: z.ipv4(),
  port: z.int().min(1).max(65_535),
  weight: z.int().min(0).max(100),
});

const tenantSchema = targetSchema.extend({
  /**
   * Added to what HAProxy has counted for the slot: takes away what earlier tenants did there, and brings
   * along what this one did in an earlier stay.
   */
  offset: tallySchema,
});

export const routingSchema = z.object({
  version: z.literal(1),
  /** The highest fence that has been seen. */
  fence: z.int().min(0),
  /** Another one with each start of HAProxy: its counters begin at zero then. */
  era: z.string(),
  tenants: z.partialRecord(z.enum(SLOTS as [string, ...string[]]), tenantSchema),
  /** What revisions that are gone have done in this era, the latest last. */
  departed: z.array(tallySchema.extend({ revision: z.string() })),
});

/** Where a revision is to be reached, and the percentage that it gets. */
export type Target = Readonly<z.infer<typeof targetSchema>>;
/** What is counted for a revision or a slot. */
export type Tally = Readonly<z.infer<typeof tallySchema>>;
/** Which revision has which slot of a service, as it is kept on disk. */
export type Routing = Readonly<z.infer<typeof routingSchema>>;

/** What HAProxy says of one slot. */
export interface SlotReading {
  readonly slot: string;
  /** `127.0.0.1:4711` */
  readonly address: string;
  readonly weight: number;
  /** Out of use: in HAProxy's words, in maintenance. */
  readonly isIdle: boolean;
  /** Its health check has passed. */
  readonly isUp: boolean;
  readonly inFlight: number;
  readonly counted: Tally;
}

export const NO_ROUTING: Routing = { version: 1, fence: 0, era: '', tenants: {}, departed: [] };

/** What the tenants of a service are, without what has been counted for them. */
export function targetsOf({ tenants }: Routing): readonly Target[] {
  return Object.values(tenants).flatMap((tenant) => {
    if (!tenant) return [];
    const { revision, host, port, weight } = tenant;
    return [{ revision, host, port, weight }];
  });
}

/** A new process counts from zero: what was counted before is of another era. */
export function inNewEra(routing: Routing, era: string): Routing {
  const tenants = Object.entries(routing.tenants).flatMap(([slot, tenant]) =>
    tenant ? [[slot, { ...tenant, offset: { requests: 0, errors: 0 } }] as const] : [],
  );
  return { ...routing, era, tenants: Object.fromEntries(tenants), departed: [] };
}

/**
 * Gives every target a slot: the one that it has, or one that is free and has nothing in flight any more,
 * so that no late answer of an earlier tenant is counted for it. Tenants that are no target lose theirs.
 */
export function place(
  routing: Routing,
  targets: readonly Target[],
  readings: readonly SlotReading[],
): Routing {
  const tenants: Record<string, z.infer<typeof tenantSchema>> = {};
  const departed = [...routing.departed];
  for (const [slot, tenant] of Object.entries(routing.tenants)) {
    if (!tenant) continue;
    const target = targets.find(({ revision }) => revision === tenant.revision);
    if (target) tenants[slot] = { ...target, offset: tenant.offset };
    else departed.push({ revision: tenant.revision, ...tallyOf(tenant.offset, slot, readings) });
  }
  const placed = new Set(Object.values(tenants).map(({ revision }) => revision));
  const free = readings.filter(
    ({ slot, isIdle, inFlight }) => isIdle && inFlight === 0 && !(slot in routing.tenants),
  );
  for (const target of targets.filter(({ revision }) => !placed.has(revision))) {
    const reading = free.shift();
    if (!reading) throw full(targets.length);
    const before = departed.findIndex(({ revision }) => revision === target.revision);
    const [earlier] = before < 0 ? [] : departed.splice(before, 1);
    const offset = {
      requests: (earlier?.requests ?? 0) - reading.counted.requests,
      errors: (earlier?.errors ?? 0) - reading.counted.errors,
    };
    tenants[reading.slot] = { ...targetSchema.parse(target), offset };
  }
  return { ...routing, tenants, departed: departed.slice(-MAX_DEPARTED) };
}

/** What a tenant has done in this era. */
export function tallyOf(offset: Tally, slot: string, readings: readonly SlotReading[]): Tally {
  const counted = readings.find((reading) => reading.slot === slot)?.counted;
  return {
    requests: (counted?.requests ?? 0) + offset.requests,
    errors: (counted?.errors ?? 0) + offset.errors,
  };
}

function full(wanted: number): LocalError {
  return new LocalError(
    'ROUTER_FULL',
    `HAProxy has ${SLOTS.length} slots for each service and none is free for ${wanted} revisions`,
    { next: 'wait until requests to earlier revisions have ended, then run the command again' },
  );
}
