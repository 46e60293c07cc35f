import { type ServiceReality, findDrift } from './drift.ts';

const calm: ServiceReality = {
  service: 'backend',
  stable: 'r2',
  journalled: 'r2',
  weights: { r2: 100 },
  health: { r2: 'healthy' },
};
const drift = (change: Partial<ServiceReality>) =>
  findDrift({ ...calm, ...change }).map(
    ({ kind, harmless }) => `${kind}${harmless ? ' (harmless)' : ''}`,
  );

describe('findDrift', () => {
  it('finds nothing where everything is as recorded', () => {
    expect(drift({})).toEqual([]);
    expect(drift({ journalled: undefined })).toEqual([]);
    expect(drift({ weights: { r1: 0, r2: 100 }, health: { r1: 'absent', r2: 'healthy' } })).toEqual(
      [],
    );
  });

  it.each<[string, Partial<ServiceReality>, readonly string[]]>([
    [
      'a reboot',
      { weights: {}, health: {} },
      ['stable-down (harmless)', 'stable-unrouted (harmless)'],
    ],
    ['a crash of stable', { health: { r2: 'absent' } }, ['stable-down (harmless)']],
    ['an unhealthy stable', { health: { r2: 'unhealthy' } }, ['stable-down (harmless)']],
    ['a routing that was lost', { weights: {} }, ['stable-unrouted (harmless)']],
  ])('takes what %s leaves behind for harmless', (_name, change, found) => {
    expect(drift(change)).toEqual(found);
  });

  it.each<[string, Partial<ServiceReality>, readonly string[]]>([
    [
      'a weight that somebody moved',
      { weights: { r1: 30, r2: 70 }, health: { r1: 'healthy', r2: 'healthy' } },
      ['foreign-weight', 'stranger'],
    ],
    [
      'a revision that nobody asked for',
      { health: { r2: 'healthy', r9: 'starting' } },
      ['stranger'],
    ],
    ['a record that was changed', { journalled: 'r3' }, ['record']],
    ['a record that was removed', { stable: undefined, health: {}, weights: {} }, ['record']],
    [
      'a stable revision of another name at the router',
      { weights: { r7: 100 }, health: { r2: 'absent' } },
      ['foreign-weight', 'stable-down (harmless)'],
    ],
  ])('wants %s to be accepted', (_name, change, found) => {
    expect(drift(change)).toEqual(found);
  });

  it('says the fact and what will be done about it', () => {
    expect(findDrift({ ...calm, weights: { r1: 30, r2: 70 } })).toEqual([
      {
        service: 'backend',
        kind: 'foreign-weight',
        harmless: false,
        text: 'backend r1 gets 30 % and is not the stable revision',
        remedy: 'all requests go to r2 before anything else',
      },
    ]);
  });
});
