import { type AffectedReason, explainAffected, isDocsOnly, reasonText } from './affected.ts';
import { balance } from './balance.ts';
import type { ProjectGraph, Task } from './project-graph.ts';
import { expectedMs, type Timings } from './timings.ts';

/** What a plan is made from; the reader of the workspace fills it. */
export interface PlanFacts {
  readonly graph: ProjectGraph;
  readonly changedFiles: readonly string[];
  /** As Nx computes them. */
  readonly affected: readonly string[];
  readonly tasks: readonly Task[];
  readonly timings: Timings;
  readonly agents: number;
}

/** One agent of the matrix: the tasks it runs, and why each of its projects is in the plan. */
export interface PlanEntry {
  readonly agent: number;
  /** For the job's name: the targets, and how many projects. */
  readonly title: string;
  readonly tasks: readonly string[];
  readonly expectedMs: number;
  readonly reasons: Readonly<Record<string, string>>;
}

/** What CI runs for a change. */
export interface PipelinePlan {
  readonly kind: 'tasks' | 'docs-only' | 'nothing';
  readonly agents: readonly PlanEntry[];
  readonly reasons: readonly AffectedReason[];
  /** The time on one agent, and on the slowest of the plan's. */
  readonly serialMs: number;
  readonly expectedMs: number;
}

export function planPipeline(facts: PlanFacts): PipelinePlan {
  const empty = { agents: [], reasons: [], serialMs: 0, expectedMs: 0 };
  if (isDocsOnly(facts.changedFiles)) return { kind: 'docs-only', ...empty };
  if (facts.tasks.length === 0) return { kind: 'nothing', ...empty };
  const reasons = explainAffected(facts.graph, facts.changedFiles, facts.affected);
  const textOf = new Map(reasons.map((reason) => [reason.project, reasonText(reason)]));
  const duration = (id: string) => expectedMs(facts.timings, id);
  const loads = balance(facts.tasks, facts.agents, duration);
  const projectOf = new Map(facts.tasks.map((task) => [task.id, task.project]));
  const agents = loads.map((load, index) => {
    const projects = [...new Set(load.tasks.map((id) => projectOf.get(id) ?? id))];
    return {
      agent: index + 1,
      title: titleOf(load.tasks, projects),
      tasks: load.tasks,
      expectedMs: load.expectedMs,
      reasons: Object.fromEntries(
        projects.map((project) => [project, textOf.get(project) ?? 'another task builds on it']),
      ),
    };
  });
  return {
    kind: 'tasks',
    agents,
    reasons,
    serialMs: facts.tasks.reduce((total, task) => total + duration(task.id), 0),
    expectedMs: Math.max(...agents.map((agent) => agent.expectedMs)),
  };
}

function titleOf(tasks: readonly string[], projects: readonly string[]): string {
  const targets = [...new Set(tasks.map((id) => id.slice(id.indexOf(':') + 1)))].sort();
  const some = projects.length <= 3 ? projects.join(', ') : `${projects.length} projects`;
  return `${targets.join(', ')} of ${some}`;
}
