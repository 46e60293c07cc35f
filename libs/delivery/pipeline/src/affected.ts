import { owningProject, type ProjectGraph } from './project-graph.ts';

/** Why a project is affected: a file, and the projects through which its change arrives. */
export interface AffectedReason {
  readonly project: string;
  readonly file: string;
  /** From the project that owns the file to this one; only this one when it owns the file. */
  readonly path: readonly string[];
  /** True when no changed file leads here by the graph: Nx counts a file outside every project. */
  readonly isShared?: true;
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
  const file = likeliestShared(shared) ?? changedFiles[0] ?? 'unknown';
  return projects.map(
    (project) => reasons.get(project) ?? { project, file, path: [project], isShared: true },
  );
}

/** Of the files outside every project, one that many depend on: the lock file, then the root's own. */
function likeliestShared(files: readonly string[]): string | undefined {
  const rank = (file: string) =>
    file === 'package-lock.json' ? 0 : isDocumentation(file) ? 3 : file.includes('/') ? 2 : 1;
  return [...files].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))[0];
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
export function reasonText({ file, path, isShared }: AffectedReason): string {
  const text = [file, ...path].join(' -> ');
  return isShared === true ? `outside every project, such as ${text}` : text;
}

/** Files that no program reads: a change of these alone runs nothing but the checks of documents. */
export function isDocumentation(file: string): boolean {
  return /\.(md|mdx|txt)$/i.test(file) || /^docs\//.test(file) || /(^|\/)LICENSE$/.test(file);
}

export function isDocsOnly(changedFiles: readonly string[]): boolean {
  return changedFiles.length > 0 && changedFiles.every(isDocumentation);
}
