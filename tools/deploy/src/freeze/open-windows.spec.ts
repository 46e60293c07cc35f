import { openWindows } from './open-windows.ts';

const weekend = { name: 'weekend', cron: '0 16 * * 5', hours: 64, timeZone: 'Europe/Berlin' };
const at = (text: string) => Date.parse(text);
const open = (text: string, window: Partial<typeof weekend> = {}) =>
  openWindows([{ ...weekend, ...window }], at(text)).map(
    ({ name, untilMs }) => `${name} until ${new Date(untilMs).toISOString()}`,
  );

describe('openWindows', () => {
  it.each([
    ['before it begins', '2026-06-05T13:59:59Z', []],
    ['the moment it begins', '2026-06-05T14:00:00Z', ['weekend until 2026-06-08T06:00:00.000Z']],
    ['in its middle', '2026-06-07T03:00:00Z', ['weekend until 2026-06-08T06:00:00.000Z']],
    ['its last moment', '2026-06-08T05:59:59Z', ['weekend until 2026-06-08T06:00:00.000Z']],
    ['the moment it ends', '2026-06-08T06:00:00Z', []],
  ])('%s', (_name, now, windows) => {
    expect(open(now)).toEqual(windows);
  });

  it('reads the clock of the window’s own time zone, in winter too', () => {
    expect(open('2026-01-09T14:59:00Z')).toEqual([]);
    expect(open('2026-01-09T15:00:00Z')).toHaveLength(1);
    expect(open('2026-01-09T15:00:00Z', { timeZone: 'America/New_York' })).toEqual([]);
  });

  it('goes on to the end of the last beginning where windows overlap', () => {
    expect(open('2026-06-05T12:30:00Z', { cron: '0 * * * *', hours: 3, timeZone: 'UTC' })).toEqual([
      'weekend until 2026-06-05T15:00:00.000Z',
    ]);
  });

  it('does not walk through a year of minutes', () => {
    expect(
      open('2026-06-05T12:30:30Z', { cron: '* * * * *', hours: 8_784, timeZone: 'UTC' }),
    ).toHaveLength(1);
  });

  it('knows windows that come once a year', () => {
    const holidays = { cron: '0 0 20 12 *', hours: 336, timeZone: 'UTC' };
    expect(open('2027-01-02T23:00:00Z', holidays)).toHaveLength(1);
    expect(open('2027-01-03T00:00:00Z', holidays)).toEqual([]);
  });
});
