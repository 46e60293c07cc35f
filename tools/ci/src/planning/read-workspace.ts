import type { NxJsonConfiguration, ProjectGraph as NxGraph } from '@nx/devkit';
import type { ProjectGraph, Task } from '@prompt-card/pipeline';
// What `nx affected` is made of. It has no public name; nx stands at one exact version here.
import { filterAffected } from 'nx/src/project-graph/affected/affected-project-graph';
import { calculateFileChanges } from 'nx/src/project-graph/file-utils';
import { createTaskGraph } from 'nx/src/tasks-runner/create-task-graph';

/** Nx's graph in the planner's words. */
export function toProjectGraph(nx: NxGraph): ProjectGraph {
  const projects = Object.values(nx.nodes).map((node) => ({
    name: node.name,
    root: node.data.root,
    dependsOn: (nx.dependencies[node.name] ?? [])
      .map(({ target }) => target)
      .filter((target) => target in nx.nodes),
    targets: Object.keys(node.data.targets ?? {}),
  }));
  return { projects: Object.fromEntries(projects.map((project) => [project.name, project])) };
}

/** The projects that `nx show projects --affected` names for these files. */
export async function affectedProjects(
  nx: NxGraph,
  files: readonly string[],
  range: { readonly base: string; readonly head: string },
  nxJson: NxJsonConfiguration,
): Promise<string[]> {
  const changes = calculateFileChanges([...files], range);
  const affected = await filterAffected(nx, changes, nxJson);
  return Object.keys(affected.nodes).sort();
}

/** The tasks that Nx would run for these targets, with the dependencies it would respect. */
export function tasksOf(
  nx: NxGraph,
  projects: readonly string[],
  targets: readonly string[],
): Task[] {
  const graph = createTaskGraph(nx, {}, [...projects], [...targets], undefined, {});
  return Object.values(graph.tasks).map((task) => ({
    id: `${task.target.project}:${task.target.target}`,
    project: task.target.project,
    target: task.target.target,
    dependsOn: (graph.dependencies[task.id] ?? []).map((id) => {
      const target = graph.tasks[id]?.target;
      return target === undefined ? id : `${target.project}:${target.target}`;
    }),
  }));
}
