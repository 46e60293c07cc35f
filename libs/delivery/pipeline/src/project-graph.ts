/** What the planner needs of a workspace; Nx's own graph is translated into it at the edge. */
export interface ProjectGraph {
  readonly projects: Readonly<Record<string, Project>>;
}

export interface Project {
  readonly name: string;
  /** Relative to the workspace, without a trailing slash. */
  readonly root: string;
  /** Projects of the workspace that this one imports or names as a dependency. */
  readonly dependsOn: readonly string[];
  readonly targets: readonly string[];
}

/** One run of one target of one project. */
export interface Task {
  /** `project:target`. */
  readonly id: string;
  readonly project: string;
  readonly target: string;
  /** Tasks of the same plan that must be over before this one starts. */
  readonly dependsOn: readonly string[];
}

/** The project a file belongs to: the one with the deepest root above it. */
export function owningProject(graph: ProjectGraph, file: string): Project | undefined {
  let owner: Project | undefined;
  for (const project of Object.values(graph.projects)) {
    const isInside = file.startsWith(`${project.root}/`);
    if (isInside && project.root.length > (owner?.root.length ?? -1)) owner = project;
  }
  return owner;
}
