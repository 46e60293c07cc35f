import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { TaskDuration } from '@prompt-card/cache';
import { z } from 'zod';
import { RemoteCacheError } from './remote-cache-error.ts';

const runSchema = z.object({
  tasks: z.array(
    z.object({
      hash: z.string().optional(),
      projectName: z.string(),
      target: z.string(),
      startTime: z.string().optional(),
      endTime: z.string().optional(),
      cacheStatus: z.string(),
      status: z.number().optional(),
    }),
  ),
});

/**
 * `report`: sends what Nx recorded of its last run (`run.json`) to the server, which tells from it what
 * later hits save. It only informs, so an unreachable server is said and is no failure.
 */
export async function report(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { run: { type: 'string' } } });
  const server = environment['NX_SELF_HOSTED_REMOTE_CACHE_SERVER'];
  const token = environment['NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN'];
  if (!server || !token) {
    throw new RemoteCacheError('CONFIG_INVALID', 'no remote cache is set in the environment', {
      next: 'set NX_SELF_HOSTED_REMOTE_CACHE_SERVER and NX_SELF_HOSTED_REMOTE_CACHE_ACCESS_TOKEN',
    });
  }
  const durations = measuredDurations(readRun(values.run ?? findRun(environment)));
  try {
    const response = await fetch(`${server.replace(/\/+$/, '')}/v1/durations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(durations),
      signal: AbortSignal.timeout(5_000),
    });
    console.log(
      `${durations.length} durations: ${response.status} ${(await response.text()).trim()}`,
    );
  } catch (error) {
    console.log(
      `durations not reported: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** What tasks took that really ran and succeeded; a hit's own time says nothing about the task. */
export function measuredDurations(run: unknown): readonly TaskDuration[] {
  return runSchema.parse(run).tasks.flatMap((task) => {
    const { hash, startTime, endTime, cacheStatus, status } = task;
    if (!hash || !startTime || !endTime || cacheStatus !== 'cache-miss' || status !== 0) return [];
    const durationMs = Date.parse(endTime) - Date.parse(startTime);
    return [{ hash, project: task.projectName, target: task.target, durationMs }];
  });
}

function findRun(environment: Readonly<Record<string, string | undefined>>): string {
  const folders = [environment['NX_CACHE_DIRECTORY'], '.nx/cache'];
  const path = folders
    .flatMap((folder) => (folder ? [join(folder, 'run.json')] : []))
    .find((candidate) => existsSync(candidate));
  if (path) return path;
  throw new RemoteCacheError('RUN_RECORD_MISSING', 'Nx has left no run.json', {
    next: 'run some tasks first, or name the file with --run',
  });
}

function readRun(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
