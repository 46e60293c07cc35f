import { type Routing, SLOTS, type SlotReading } from './routing.ts';

/** The file that tells HAProxy which revision a slot is, relative to its working directory. */
export function slotMap(service: string): string {
  return `slots-${service}.map`;
}

/** That file's text. HAProxy can change entries at run time, so every slot has one. */
export function slotMapText({ tenants }: Routing): string {
  return SLOTS.map((slot) => `${slot} ${tenants[slot]?.revision ?? '-'}\n`).join('');
}

/**
 * The runtime commands that make HAProxy what the routing says, in an order in which at no time all
 * weights are zero: new tenants come in, weights grow, weights shrink, former tenants go. Nothing for a
 * slot that already is as it should be, so it can be asked for again after a crash.
 */
export function commandsFor(
  service: string,
  { tenants }: Routing,
  readings: readonly SlotReading[],
): readonly string[] {
  const entering: string[] = [];
  const growing: string[] = [];
  const shrinking: string[] = [];
  const leaving: string[] = [];
  for (const { slot, address, weight, isIdle } of readings) {
    const server = `set server ${service}/${slot}`;
    const tenant = tenants[slot];
    if (!tenant) {
      if (weight > 0) shrinking.push(`${server} weight 0`);
      if (!isIdle) leaving.push(`${server} state maint`);
      continue;
    }
    if (isIdle || address !== `${tenant.host}:${tenant.port}`) {
      entering.push(
        `set map ${slotMap(service)} ${slot} ${tenant.revision}`,
        `${server} addr ${tenant.host} port ${tenant.port}`,
        `${server} state ready`,
        // A slot comes out of maintenance as healthy as it went in; this tenant has yet to prove it.
        `${server} health down`,
      );
    }
    const change = `${server} weight ${tenant.weight}`;
    if (tenant.weight > weight) growing.push(change);
    if (tenant.weight < weight) shrinking.push(change);
  }
  return [...entering, ...growing, ...shrinking, ...leaving];
}
