/** One `nx run-many`: every target for every project. */
export interface AgentRun {
  readonly targets: readonly string[];
  readonly projects: readonly string[];
}

/**
 * Groups `project:target` ids into the fewest `nx run-many` that run exactly these: targets that
 * are wanted of the same projects go together.
 */
export function agentRuns(tasks: readonly string[]): AgentRun[] {
  const projectsOf = new Map<string, string[]>();
  for (const id of tasks) {
    const colon = id.indexOf(':');
    const target = id.slice(colon + 1);
    projectsOf.set(target, [...(projectsOf.get(target) ?? []), id.slice(0, colon)]);
  }
  const groups = new Map<string, { targets: string[]; projects: string[] }>();
  for (const [target, projects] of projectsOf) {
    const sorted = [...projects].sort();
    const key = sorted.join(',');
    const group = groups.get(key) ?? { targets: [], projects: sorted };
    group.targets.push(target);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** The arguments of one run. */
export function runManyArguments(run: AgentRun): string[] {
  return ['run-many', `--targets=${run.targets.join(',')}`, `--projects=${run.projects.join(',')}`];
}

/** A task of a profile that Nx writes (`NX_PROFILE`), as far as it is read here. */
interface ProfileEvent {
  readonly name?: unknown;
  readonly ph?: unknown;
  readonly dur?: unknown;
  readonly args?: { readonly status?: unknown };
}

/** Durations in milliseconds of the tasks that really ran; those from a cache say nothing. */
export function durationsOf(profile: readonly ProfileEvent[]): Record<string, number> {
  const durations: Record<string, number> = {};
  for (const { name, ph, dur, args } of profile) {
    if (ph !== 'X' || typeof name !== 'string' || typeof dur !== 'number') continue;
    if (args?.status !== 'success') continue;
    durations[name] = dur / 1000;
  }
  return durations;
}
