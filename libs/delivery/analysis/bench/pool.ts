import { Worker } from 'node:worker_threads';
import type { Experiment } from './experiment.ts';
import type { Cell } from './goal.ts';
import type { RolloutResult } from './rollout.ts';

/** Some seeds of one experiment: what a thread gets. */
export interface Task {
  readonly index: number;
  readonly experiment: Experiment;
  readonly from: number;
  readonly to: number;
}

export interface TaskResult {
  readonly index: number;
  readonly from: number;
  readonly results: readonly RolloutResult[];
}

/** A thread's share of work between messages, in simulated requests. */
const REQUESTS_PER_TASK = 4e6;

/** Runs all experiments on `threads` copies of `script`; the result does not depend on their number. */
export async function runAll(
  experiments: readonly Experiment[],
  threads: number,
  script: URL,
  onProgress: (done: number, all: number) => void,
): Promise<readonly Cell[]> {
  const tasks = experiments.flatMap(tasksOf);
  const found: TaskResult[][] = experiments.map(() => []);
  let next = 0;
  let done = 0;
  const runThread = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(script);
      const give = () => {
        const task = tasks[next++];
        if (task) worker.postMessage(task);
        else void worker.terminate().then(() => resolve());
      };
      worker.on('message', (result: TaskResult) => {
        found[result.index]?.push(result);
        onProgress(++done, tasks.length);
        give();
      });
      worker.on('error', reject);
      give();
    });
  await Promise.all(Array.from({ length: threads }, runThread));
  return experiments.map((experiment, index) => ({
    experiment,
    results: (found[index] ?? []).sort((a, b) => a.from - b.from).flatMap(({ results }) => results),
  }));
}

function tasksOf(experiment: Experiment, index: number): Task[] {
  const requestsPerSeed = Math.max(2000, 1800 * experiment.rate);
  const size = Math.max(1, Math.min(250, Math.round(REQUESTS_PER_TASK / requestsPerSeed)));
  const tasks: Task[] = [];
  for (let from = 0; from < experiment.seeds; from += size) {
    tasks.push({ index, experiment, from, to: Math.min(experiment.seeds, from + size) });
  }
  return tasks;
}
