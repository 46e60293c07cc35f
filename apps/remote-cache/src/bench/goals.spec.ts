import { judge, ratioOf, type Round, type Workload } from './goals.ts';

const workload: Workload = {
  name: 'GET',
  kind: 'get',
  bytes: 1,
  connections: 1,
  goals: { disk: 0.2, hot: 0.4, p99Ms: 2 },
};
const round = (nginx: number, disk: number, hot: number, p99Ms: number): Round =>
  new Map([
    ['nginx', { perSecond: nginx, p99Ms: 0.1 }],
    ['disk', { perSecond: disk, p99Ms }],
    ['hot', { perSecond: hot, p99Ms }],
  ]);

describe('the benchmark', () => {
  it('takes the median of the ratios within each round, so that a slow round does not decide', () => {
    const rounds = [round(100, 30, 50, 1), round(10, 3, 1, 1), round(100, 30, 60, 1)];
    expect(ratioOf('hot', rounds)).toBe(0.5);
    expect(ratioOf('absent', rounds)).toBeUndefined();
  });

  it('counts a goal that was not measured as missed', () => {
    const [disk] = judge(workload, [round(0, 0, 0, 1)]);
    expect(disk).toMatchObject({ got: 'not measured', isReached: false });
  });

  it('says of each goal whether it is reached', () => {
    const verdicts = judge(workload, [round(100, 19, 41, 2.5)]);
    expect(verdicts.map(({ isReached }) => isReached)).toEqual([false, true, false]);
    expect(verdicts.map(({ got }) => got)).toEqual(['0.19', '0.41', '2.50 ms']);
  });
});
