import { commandsFor } from './commands.ts';
import {
  NO_ROUTING,
  type Routing,
  SLOTS,
  type SlotReading,
  type Target,
  inNewEra,
  place,
} from './routing.ts';

const target = (number: number, weight = 0): Target => ({
  revision: `r${number}`,
  host: '127.0.0.1',
  port: 4_000 + number,
  weight,
});

const idle = (slot: string, change: Partial<SlotReading> = {}): SlotReading => ({
  slot,
  address: '127.0.0.1:9',
  weight: 0,
  isIdle: true,
  isUp: false,
  inFlight: 0,
  counted: { requests: 0, errors: 0 },
  ...change,
});

const all = (changes: Readonly<Record<string, Partial<SlotReading>>> = {}) =>
  SLOTS.map((slot) => idle(slot, changes[slot]));

/** What HAProxy says once it has done what it was told. */
const obeyed = ({ tenants }: Routing) =>
  SLOTS.map((slot) => {
    const tenant = tenants[slot];
    return tenant
      ? idle(slot, {
          address: `${tenant.host}:${tenant.port}`,
          weight: tenant.weight,
          isIdle: false,
        })
      : idle(slot);
  });

describe('place', () => {
  it('leaves a revision in its slot when others come and go', () => {
    const first = place(NO_ROUTING, [target(1), target(2)], all());
    const second = place(first, [target(2, 100), target(3)], obeyed(first));
    expect(second.tenants).toMatchObject({ s2: { revision: 'r2' }, s3: { revision: 'r3' } });
    expect(second.tenants).not.toHaveProperty('s1');
  });

  it('takes away what earlier tenants of the slot did', () => {
    const counted = { requests: 70, errors: 7 };
    const routing = place(NO_ROUTING, [target(1)], all({ s1: { counted } }));
    expect(routing.tenants['s1']?.offset).toEqual({ requests: -70, errors: -7 });
  });

  it('brings along what the revision did in an earlier stay', () => {
    const routing = {
      ...NO_ROUTING,
      departed: [{ revision: 'r1', requests: 30, errors: 3 }],
    };
    const { tenants, departed } = place(routing, [target(1)], all());
    expect(tenants['s1']?.offset).toEqual({ requests: 30, errors: 3 });
    expect(departed).toEqual([]);
  });

  it('passes over a slot where an earlier tenant still has a request', () => {
    const { tenants } = place(NO_ROUTING, [target(1)], all({ s1: { inFlight: 1 } }));
    expect(Object.keys(tenants)).toEqual(['s2']);
  });

  it('refuses a revision for which there is no slot', () => {
    const targets = [...SLOTS.keys(), SLOTS.length].map((number) => target(number));
    expect(() => place(NO_ROUTING, targets, all())).toThrow(
      expect.objectContaining({ code: 'ROUTER_FULL' }),
    );
  });

  it('refuses a revision whose name could end a command', () => {
    expect(() =>
      place(NO_ROUTING, [{ ...target(1), revision: 'r1; shutdown sessions' }], all()),
    ).toThrow();
  });
});

describe('inNewEra', () => {
  it('keeps who is where, and forgets what a process counted that is gone', () => {
    const counted = { requests: 70, errors: 7 };
    const routing = place(NO_ROUTING, [target(1, 100)], all({ s1: { counted } }));
    expect(inNewEra(routing, 'next')).toMatchObject({
      era: 'next',
      tenants: { s1: { revision: 'r1', weight: 100, offset: { requests: 0, errors: 0 } } },
    });
  });
});

describe('commandsFor', () => {
  const before = place(NO_ROUTING, [target(1, 100), target(2)], all());

  it('lets weights grow before others shrink, so that they are never all zero', () => {
    const after = place(before, [target(1), target(2, 100)], obeyed(before));
    expect(commandsFor('web', after, obeyed(before))).toEqual([
      'set server web/s2 weight 100',
      'set server web/s1 weight 0',
    ]);
  });

  it('has nothing to say once HAProxy has obeyed', () => {
    expect(commandsFor('web', before, obeyed(before))).toEqual([]);
  });

  it('lets nobody serve at a new address on the health of an old one', () => {
    const after = place(before, [target(1, 100), { ...target(2), port: 5_000 }], obeyed(before));
    expect(commandsFor('web', after, obeyed(before))).toEqual([
      'set map slots-web.map s2 r2',
      'set server web/s2 addr 127.0.0.1 port 5000',
      'set server web/s2 state ready',
      'set server web/s2 health down',
    ]);
  });
});
