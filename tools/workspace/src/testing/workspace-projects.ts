import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

export const workspaceRoot = path.join(__dirname, '..', '..', '..', '..');

/** The parts of a package.json that the workspace's own tests look at. */
export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly type?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly executors?: string;
  readonly nx?: { readonly name?: string; readonly tags?: readonly string[] };
}

export interface WorkspaceProject {
  /** Relative to the workspace, e.g. `libs/core`. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** Every folder that the root package.json counts among its workspaces. */
export function workspaceProjects(): readonly WorkspaceProject[] {
  const { workspaces } = readJson<{ workspaces: readonly string[] }>('package.json');
  return workspaces
    .flatMap((pattern) => {
      if (!pattern.endsWith('/*')) return [pattern];
      const parent = pattern.slice(0, -2);
      return readdirSync(path.join(workspaceRoot, parent)).map((name) => `${parent}/${name}`);
    })
    .filter((folder) => existsSync(path.join(workspaceRoot, folder, 'package.json')))
    .map((folder) => ({ folder, manifest: readJson<Manifest>(`${folder}/package.json`) }));
}

export function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(path.join(workspaceRoot, file), 'utf8')) as T;
}
