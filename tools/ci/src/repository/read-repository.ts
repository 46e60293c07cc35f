import fs from 'node:fs';
import path from 'node:path';
import {
  type Action,
  localPath,
  parseAction,
  parseWorkflow,
  type Repository,
  type Workflow,
  WorkflowError,
} from '@prompt-card/workflow';
import type { LintConfig } from '../lint/lint-config.ts';

/** A file that is no workflow at all: too large or nested too deep to be read. */
export interface UnreadableFile {
  readonly path: string;
  readonly message: string;
}

export interface RepositoryFiles {
  readonly repository: Repository;
  readonly unreadable: readonly UnreadableFile[];
}

const isYaml = (name: string) => /\.ya?ml$/.test(name);

/** Reads all workflows of a repository, and the local actions that they and each other use. */
export async function readRepository(root: string, config: LintConfig): Promise<RepositoryFiles> {
  const folder = path.join(root, '.github', 'workflows');
  const names = fs.existsSync(folder) ? fs.readdirSync(folder).filter(isYaml).sort() : [];
  const workflows: Workflow[] = [];
  const unreadable: UnreadableFile[] = [];
  for (const name of names) {
    const relative = `.github/workflows/${name}`;
    try {
      const content = fs.readFileSync(path.join(folder, name), 'utf8');
      workflows.push(await parseWorkflow(relative, content));
    } catch (error) {
      if (!(error instanceof WorkflowError)) throw error;
      unreadable.push({ path: relative, message: error.message });
    }
  }
  const actions = readActions(root, workflows, unreadable);
  const { secrets } = config;
  return {
    repository: {
      workflows,
      actions,
      ...(secrets === undefined ? {} : { declaredSecrets: secrets }),
    },
    unreadable,
  };
}

function readActions(root: string, workflows: readonly Workflow[], unreadable: UnreadableFile[]) {
  const actions = new Map<string, Action>();
  const open = [
    ...workflows.flatMap((workflow) => workflow.jobs.flatMap((job) => job.steps)),
  ].flatMap((step) => localPath(step.uses?.reference ?? '') ?? []);
  open.push(...foldersOf(root));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const folder = next.replace(/\/$/, '');
    if (actions.has(folder)) continue;
    const file = ['action.yml', 'action.yaml']
      .map((name) => path.posix.join(folder, name))
      .find((candidate) => fs.existsSync(path.join(root, candidate)));
    if (file === undefined) continue;
    try {
      const action = parseAction(file, fs.readFileSync(path.join(root, file), 'utf8'));
      actions.set(folder, action);
      const steps = action.runs.using === 'composite' ? action.runs.steps : [];
      open.push(...steps.flatMap((step) => localPath(step.uses?.reference ?? '') ?? []));
    } catch (error) {
      if (!(error instanceof WorkflowError)) throw error;
      unreadable.push({ path: file, message: error.message });
    }
  }
  return actions;
}

/** Actions that no workflow uses yet are checked too. */
function foldersOf(root: string): string[] {
  const folder = path.join(root, '.github', 'actions');
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .filter((item) => item.isDirectory())
    .map((item) => `.github/actions/${item.name}`);
}
