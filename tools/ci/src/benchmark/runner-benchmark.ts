import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseWorkflow } from '@prompt-card/workflow';
import { runWorkflow } from '../runner/run-workflow.ts';
import { quiet, timed } from './measure.ts';

export interface RunnerTimes {
  /** What one more step costs beside the same command in a shell of its own. */
  readonly perStepMs: number;
  /** What a run of one job with one step costs beside that shell. */
  readonly perJobMs: number;
}

const steps = 50;

/** Runs `true` in one job: once, and fifty times; and the same from plain shells. */
export async function benchmarkRunner(): Promise<RunnerTimes> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-'));
  try {
    const script = path.join(folder, 'script');
    fs.writeFileSync(script, 'true\n');
    const shell = () => quiet('bash', ['-e', script], folder);
    const few = () => runSteps(folder, 1);
    const many = () => runSteps(folder, steps);
    await few();
    const fewMs = await timed(few);
    const manyMs = await timed(many);
    const oneShellMs = await timed(shell);
    const shellsMs = await timed(async () => {
      for (let i = 0; i < steps - 1; i++) await shell();
    });
    return {
      perStepMs: (manyMs - fewMs - shellsMs) / (steps - 1),
      perJobMs: fewMs - oneShellMs,
    };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function runSteps(folder: string, count: number): Promise<void> {
  const lines = Array.from({ length: count }, () => '      - run: true\n').join('');
  const content = `on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n${lines}`;
  const report = await runWorkflow({
    repository: folder,
    commit: 'none',
    workflow: await parseWorkflow('w.yml', content),
    find: () => undefined,
    event: { name: 'push', payload: { ref: 'refs/heads/main' } },
    secrets: {},
    vars: {},
    actionMap: {},
    runsFolder: path.join(folder, 'runs'),
    parallel: 1,
    signal: new AbortController().signal,
    graceMs: 1000,
    print: () => undefined,
  });
  if (report.conclusion !== 'success') throw new Error(`the run was ${report.conclusion}`);
}
