import { owningProject, type ProjectGraph } from './project-graph.ts';

/** Why a project is affected: a file, and the projects through which its change arrives. */
export interface AffectedReason {
  readonly project: string;
  readonly file: string;
  /** From the project that owns the file to this one; only this one when it owns the file. */
  readonly path: readonly string[];
}

/**
 * Explains an affected set by a breadth-first walk from the changed files against the edges of the
 * graph, so that the shortest explanation is the one given. `projects` comes from Nx, which knows
 * more causes than files in a project (global inputs, the lock file): those get the file alone.
 */
export function explainAffected(
  graph: ProjectGraph,
  changedFiles: readonly string[],
  projects: readonly string[],
): AffectedReason[] {
  const reasons = new Map<string, AffectedReason>();
  const queue: AffectedReason[] = [];
  const dependents = dependentsOf(graph);
  const reach = (reason: AffectedReason): void => {
    if (reasons.has(reason.project)) return;
    reasons.set(reason.project, reason);
    queue.push(reason);
  };
  const shared: string[] = [];
  for (const file of changedFiles) {
    const owner = owningProject(graph, file);
    if (owner === undefined) shared.push(file);
    else reach({ project: owner.name, file, path: [owner.name] });
  }
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    for (const dependent of dependents.get(next.project) ?? []) {
      reach({ project: dependent, file: next.file, path: [...next.path, dependent] });
    }
  }
  const everywhere = shared.find((file) => !isDocumentation(file)) ?? shared[0] ?? changedFiles[0];
  return projects.map(
    (project) =>
      reasons.get(project) ?? { project, file: everywhere ?? 'unknown', path: [project] },
  );
}

function dependentsOf(graph: ProjectGraph): Map<string, string[]> {
  const dependents = new Map<string, string[]>();
  for (const { name, dependsOn } of Object.values(graph.projects)) {
    for (const dependency of dependsOn) {
      dependents.set(dependency, [...(dependents.get(dependency) ?? []), name]);
    }
  }
  return dependents;
}

/** `libs/core/src/clock.ts -> core -> rollout -> deploy`. */
export function reasonText({ file, path }: AffectedReason): string {
  return [file, ...path].join(' -> ');
}

/** Files that no program reads: a change of these alone runs nothing but the checks of documents. */
export function isDocumentation(file: string): boolean {
  return /\.(md|mdx|txt)$/i.test(file) || /^docs\//.test(file) || /(^|\/)LICENSE$/.test(file);
}

export function isDocsOnly(changedFiles: readonly string[]): boolean {
  return changedFiles.length > 0 && changedFiles.every(isDocumentation);
}
