import { sumSavings } from './savings.ts';
import { parseTaskHash } from './task-hash.ts';

const hit = (hash: string, hits: number, size: number) =>
  ({ scope: 'trusted', hash: parseTaskHash(hash)!, hits, size }) as const;

describe('sumSavings', () => {
  it('multiplies hits by what each task took, per project and target', () => {
    const durations = new Map(
      [
        { hash: '1', project: 'core', target: 'test', durationMs: 100 },
        { hash: '2', project: 'core', target: 'test', durationMs: 300 },
      ].map((duration) => [duration.hash, duration] as const),
    );
    expect(sumSavings([hit('1', 2, 10), hit('2', 1, 20)], durations)).toEqual([
      { project: 'core', target: 'test', hits: 3, bytes: 40, savedMs: 500 },
    ]);
  });

  it('counts hits without a reported duration, and saves nothing by guesswork', () => {
    expect(sumSavings([hit('9', 4, 5)], new Map())).toEqual([
      { project: 'unreported', target: '', hits: 4, bytes: 20, savedMs: 0 },
    ]);
  });
});
