import { classifyFailure, postgresArguments } from './launch.ts';

describe('postgresArguments', () => {
  it('listens on 127.0.0.1 alone, without a Unix socket', () => {
    const args = postgresArguments('/data/cluster', 5433, {});
    expect(args).toEqual(
      expect.arrayContaining([
        'listen_addresses=127.0.0.1',
        'unix_socket_directories=',
        'port=5433',
      ]),
    );
  });

  it('lets the caller override a setting', () => {
    expect(postgresArguments('/data/cluster', 5433, { timezone: 'CET' })).toContain('timezone=CET');
  });
});

describe('classifyFailure', () => {
  it.each([
    ['could not bind IPv4 address "127.0.0.1": Address already in use', 'port-in-use'],
    ['FATAL:  lock file "postmaster.pid" already exists', 'contended'],
    ['FATAL:  lock file "postmaster.pid" is empty', 'contended'],
    ['FATAL:  pre-existing shared memory block (key 7, ID 9) is still in use', 'contended'],
    ['FATAL:  invalid value for parameter "fsync": "perhaps"', 'failed'],
    ['', 'failed'],
  ])('reads %j as %s', (log, kind) => {
    expect(classifyFailure(log)).toBe(kind);
  });
});
