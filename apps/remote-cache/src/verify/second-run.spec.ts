import { judgeSecondRun } from './second-run.ts';

const first = { code: 0, hits: 0, stored: 3, tasks: [] };

describe('judgeSecondRun', () => {
  it('is content when the server served what it had stored', () => {
    expect(judgeSecondRun(first, { code: 0, hits: 3, stored: 0, tasks: [] })).toEqual([]);
  });

  it('objects when the server counted fewer hits, whatever Nx says', () => {
    const tasks = [{ taskId: 'a:build', cacheStatus: 'remote-cache-hit' }];
    expect(judgeSecondRun(first, { code: 0, hits: 2, stored: 0, tasks })).toEqual([
      'the server served 2 of the 3 artifacts it stored',
    ]);
  });

  it('objects to a first run that stored nothing, a second that stored again, and to failures', () => {
    expect(
      judgeSecondRun({ ...first, stored: 0, code: 1 }, { code: 2, hits: 0, stored: 1, tasks: [] }),
    ).toHaveLength(4);
  });
});
