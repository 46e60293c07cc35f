import { parseSymbolicLinks } from './symbolic-link.ts';

describe('parseSymbolicLinks', () => {
  it('makes each link relative to its own folder', () => {
    const json = '[{"source":"native/lib/libpq.so.5.16","target":"native/lib/libpq.so.5"}]';
    expect(parseSymbolicLinks(json, '/package')).toEqual([
      { path: '/package/native/lib/libpq.so.5', target: 'libpq.so.5.16' },
    ]);
  });

  it('ignores an entry that leaves the package', () => {
    const json =
      '[{"source":"native/a","target":"../elsewhere"},{"source":"/etc/passwd","target":"b"}]';
    expect(parseSymbolicLinks(json, '/package')).toEqual([]);
  });

  it('ignores what is not a link entry', () => {
    expect(parseSymbolicLinks('[null, 7, {"source": 1, "target": "x"}]', '/package')).toEqual([]);
    expect(parseSymbolicLinks('{}', '/package')).toEqual([]);
  });
});
