import fs from 'node:fs';

/** What a GitHub job tells its steps through the environment; empty on a laptop. */
export interface GithubEnvironment {
  readonly event?: string;
  readonly outputFile?: string;
  readonly summaryFile?: string;
  readonly base?: string;
  readonly head?: string;
  readonly needs?: string;
  readonly agentTasks?: string;
}

export function readGithubEnvironment(env: Readonly<Record<string, string | undefined>>) {
  const entries = {
    event: env['GITHUB_EVENT_NAME'],
    outputFile: env['GITHUB_OUTPUT'],
    summaryFile: env['GITHUB_STEP_SUMMARY'],
    base: env['NX_BASE'],
    head: env['NX_HEAD'],
    needs: env['CI_NEEDS'],
    agentTasks: env['CI_AGENT_TASKS'],
  };
  const given = Object.entries(entries).filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(given) as GithubEnvironment;
}

/** Sets outputs of the step; one line each, as all of ours are. */
export function setOutputs(file: string | undefined, outputs: Readonly<Record<string, string>>) {
  if (file === undefined) return;
  const lines = Object.entries(outputs).map(([name, value]) => `${name}=${value}\n`);
  fs.appendFileSync(file, lines.join(''));
}

export function addSummary(file: string | undefined, markdown: string): void {
  if (file !== undefined) fs.appendFileSync(file, `${markdown}\n`);
}
