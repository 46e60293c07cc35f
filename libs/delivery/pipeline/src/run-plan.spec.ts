import fc from 'fast-check';
import { reasonText } from './affected.ts';
import { balance } from './balance.ts';
import type { ProjectGraph, Task } from './project-graph.ts';
import { planPipeline } from './run-plan.ts';
import { planSummary } from './plan-summary.ts';
import { noTimings } from './timings.ts';
import { shard } from './shards.ts';

const project = (name: string, ...dependsOn: string[]) => ({
  name,
  root: `libs/${name}`,
  dependsOn,
  targets: ['test'],
});
const graph: ProjectGraph = {
  projects: {
    core: project('core'),
    rollout: project('rollout', 'core'),
    deploy: project('deploy', 'rollout', 'core'),
    cards: project('cards'),
  },
};
const task = (id: string, ...dependsOn: string[]): Task => ({
  id,
  project: id.split(':')[0] ?? '',
  target: id.split(':')[1] ?? '',
  dependsOn,
});
const facts = {
  graph,
  changedFiles: ['libs/core/src/clock.ts'],
  affected: ['core', 'rollout', 'deploy'],
  tasks: [task('core:test'), task('rollout:test'), task('deploy:test')],
  timings: noTimings,
  agents: 2,
};

describe('planPipeline', () => {
  it('explains each project by the file and the shortest way to it', () => {
    const plan = planPipeline(facts);
    expect(Object.assign({}, ...plan.agents.map(({ reasons }) => reasons))).toEqual({
      core: 'libs/core/src/clock.ts -> core',
      rollout: 'libs/core/src/clock.ts -> core -> rollout',
      deploy: 'libs/core/src/clock.ts -> core -> deploy',
    });
  });

  it('gives the file alone where no project owns it', () => {
    const plan = planPipeline({
      ...facts,
      changedFiles: ['.github/CODEOWNERS', 'package-lock.json', 'README.md'],
      affected: ['cards'],
    });
    expect(plan.reasons.map(reasonText)).toEqual([
      'outside every project, such as package-lock.json -> cards',
    ]);
  });

  it('plans nothing but documents for a change of documents', () => {
    const changedFiles = ['docs/ci.md', 'libs/core/README.md'];
    expect(planPipeline({ ...facts, changedFiles })).toMatchObject({
      kind: 'docs-only',
      agents: [],
    });
  });

  it('a file beside the documents makes it a change of code', () => {
    const changedFiles = ['docs/ci.md', 'libs/core/src/a.ts'];
    expect(planPipeline({ ...facts, changedFiles }).kind).toBe('tasks');
  });

  it('plans nothing when nothing is affected', () => {
    expect(planPipeline({ ...facts, tasks: [] }).kind).toBe('nothing');
  });

  it('reads as a table', () => {
    expect(planSummary(planPipeline(facts))).toMatchSnapshot();
  });
});

describe('balance', () => {
  it('gives the longest task an agent of its own', () => {
    const durations: Record<string, number> = { 'a:t': 90, 'b:t': 30, 'c:t': 30, 'd:t': 30 };
    const loads = balance(
      Object.keys(durations).map((id) => task(id)),
      2,
      (id) => durations[id] ?? 0,
    );
    expect(loads.map(({ tasks, expectedMs }) => [tasks, expectedMs])).toEqual([
      [['a:t'], 90],
      [['b:t', 'c:t', 'd:t'], 90],
    ]);
  });

  const tasksArbitrary = fc
    .array(fc.record({ duration: fc.nat(1000), needs: fc.array(fc.nat(20)) }), { maxLength: 20 })
    .map((rows) =>
      rows.map(({ duration, needs }, i) => ({
        duration,
        // Only earlier tasks, so that there is no cycle.
        task: task(`p${i}:t`, ...[...new Set(needs.filter((n) => n < i))].map((n) => `p${n}:t`)),
      })),
    );

  it('runs every task, and on each agent everything before what needs it', () => {
    fc.assert(
      fc.property(tasksArbitrary, fc.integer({ min: 1, max: 6 }), (rows, agents) => {
        const loads = balance(
          rows.map((row) => row.task),
          agents,
          () => 1,
        );
        const all = new Set(loads.flatMap((load) => load.tasks));
        expect(all.size).toBe(rows.length);
        expect(loads.length).toBeLessThanOrEqual(agents);
        for (const load of loads) {
          load.tasks.forEach((id, position) => {
            const dependsOn = rows.find((row) => row.task.id === id)?.task.dependsOn ?? [];
            for (const dependency of dependsOn) {
              expect(load.tasks.indexOf(dependency)).toBeGreaterThanOrEqual(0);
              expect(load.tasks.indexOf(dependency)).toBeLessThan(position);
            }
          });
        }
      }),
    );
  });

  it('without dependencies is at most the mean plus the longest task', () => {
    const durations = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(durations, fc.integer({ min: 1, max: 5 }), (list, agents) => {
        const tasks = list.map((_, i) => task(`p${i}:t`));
        const loads = balance(tasks, agents, (id) => list[Number(id.slice(1, -2))] ?? 0);
        const mean = list.reduce((a, b) => a + b, 0) / agents;
        const slowest = Math.max(...loads.map((load) => load.expectedMs));
        expect(slowest).toBeLessThanOrEqual(mean + Math.max(...list));
      }),
    );
  });
});

describe('shard', () => {
  it('keeps every item once and the shards alike', () => {
    const shards = shard([5, 1, 4, 2, 3, 3], 3, (weight) => weight);
    expect(shards.map((items) => items.reduce((a, b) => a + b, 0))).toEqual([6, 6, 6]);
  });

  it('makes no empty shard', () => {
    expect(shard(['a'], 4, () => 1)).toEqual([['a']]);
  });
});
