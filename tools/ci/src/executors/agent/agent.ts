import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { ExecutorContext } from '@nx/devkit';
import { recordDurations } from '@prompt-card/pipeline';
import { CiError } from '../../ci-error.ts';
import { readGithubEnvironment } from '../../github-environment.ts';
import { agentRuns, durationsOf, runManyArguments } from '../../planning/agent-runs.ts';
import { readTimings, writeTimings } from '../../planning/timings-file.ts';
import { translate } from '../translate.ts';

interface AgentOptions {
  readonly tasks?: string;
  readonly timings: string;
}

export default function agent(options: AgentOptions, context: ExecutorContext) {
  return translate(async () => {
    const list = options.tasks ?? readGithubEnvironment(process.env).agentTasks;
    const tasks = (list ?? '').split(',').filter((id) => /^[\w@/.-]+:[\w:.-]+$/.test(id));
    if (tasks.length === 0) {
      throw new CiError('PLAN_FAILED', `no tasks in '${list ?? ''}'`, {
        next: 'pass --tasks=project:target,... or set CI_AGENT_TASKS from the plan',
      });
    }
    // Nx takes the name as relative to the workspace, whatever it looks like.
    const profile = path.join('tmp', `ci-agent-${process.pid}.json`);
    fs.mkdirSync(path.join(context.root, 'tmp'), { recursive: true });
    const file = path.resolve(context.root, options.timings);
    let success = true;
    for (const run of agentRuns(tasks)) {
      const exitCode = await runNx(context.root, runManyArguments(run), profile);
      success &&= exitCode === 0;
      record(path.join(context.root, profile), file);
    }
    return success;
  });
}

function runNx(cwd: string, args: readonly string[], profile: string): Promise<number> {
  const bin = path.join(cwd, 'node_modules', 'nx', 'dist', 'bin', 'nx.js');
  const env = { ...process.env, NX_PROFILE: profile, NX_DAEMON: 'false' };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, ...args], { cwd, env, stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (code) => {
      resolve(code ?? 1);
    });
  });
}

function record(profile: string, file: string): void {
  if (!fs.existsSync(profile)) return;
  const durations = durationsOf(JSON.parse(fs.readFileSync(profile, 'utf8')));
  fs.rmSync(profile);
  writeTimings(file, recordDurations(readTimings(file), durations));
}
