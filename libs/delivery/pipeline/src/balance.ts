import type { Task } from './project-graph.ts';

/** What one agent runs, in an order that respects the dependencies. */
export interface AgentLoad {
  readonly tasks: readonly string[];
  readonly expectedMs: number;
}

/**
 * Spreads tasks over agents, the longest first, each to the agent that finishes it earliest. A task
 * takes everything it depends on along, also when another agent runs that too: then no agent ever
 * waits for another, and a shared cache makes the second run of it nearly free. Ties go to the
 * lower agent, so the same tasks always give the same plan.
 */
export function balance(
  tasks: readonly Task[],
  agents: number,
  durationMs: (taskId: string) => number,
): AgentLoad[] {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const needed = new Set(tasks.flatMap((task) => task.dependsOn));
  const roots = tasks.filter((task) => !needed.has(task.id));
  const closures = roots
    .map((task) => ({ task, ids: closure(task, byId) }))
    .map(({ task, ids }) => ({ id: task.id, ids, cost: sum(ids, durationMs) }))
    .sort((a, b) => b.cost - a.cost || a.id.localeCompare(b.id));
  const count = Math.max(1, Math.min(agents, closures.length));
  const loads = Array.from({ length: count }, () => ({ tasks: new Set<string>(), total: 0 }));
  for (const { ids } of closures) {
    const finish = loads.map((load) => load.total + sum(missing(ids, load.tasks), durationMs));
    const best = finish.indexOf(Math.min(...finish));
    const load = loads[best];
    if (load === undefined) continue;
    for (const id of ids) load.tasks.add(id);
    load.total = finish[best] ?? load.total;
  }
  return loads
    .filter((load) => load.tasks.size > 0)
    .map((load) => ({ tasks: [...load.tasks], expectedMs: load.total }));
}

/** A task with all it depends on, dependencies first. */
function closure(task: Task, byId: ReadonlyMap<string, Task>): string[] {
  const ids = new Set<string>();
  const visit = (current: Task, open: ReadonlySet<string>): void => {
    if (ids.has(current.id) || open.has(current.id)) return;
    for (const id of current.dependsOn) {
      const dependency = byId.get(id);
      if (dependency !== undefined) visit(dependency, new Set([...open, current.id]));
    }
    ids.add(current.id);
  };
  visit(task, new Set());
  return [...ids];
}

const missing = (ids: readonly string[], present: ReadonlySet<string>) =>
  ids.filter((id) => !present.has(id));

const sum = (ids: readonly string[], durationMs: (id: string) => number) =>
  ids.reduce((total, id) => total + durationMs(id), 0);
