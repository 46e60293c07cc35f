import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isMainThread, parentPort } from 'node:worker_threads';
import { measureCost } from './cost.ts';
import { allExperiments, runSeed } from './experiment.ts';
import { allGoals, type Goal } from './goal.ts';
import { runAll, type Task, type TaskResult } from './pool.ts';
import { summarise } from './summary.ts';
import { withMeasured } from './measured-docs.ts';
import { renderReport, type ReportData } from './report.ts';
import { allTraces } from './trace.ts';

/** About a fiftieth of the seeds: what fits into a minute of continuous integration. */
const SHORT_SCALE = 0.02;
const HELP = `The canary judge against its peers in a simulated world.
  --short          few seeds; fails only on goals missed beyond their own interval
  --seeds=0.5      this part of the full number of seeds (default 1)
  --threads=2      worker threads (default: all cores)
  --docs           writes the goals into docs/judge.md
  --out=<folder>   where results.json and report.html go (default: dist/bench of the project)
`;

interface Options {
  readonly scale: number;
  readonly isShort: boolean;
  readonly isForDocs: boolean;
  readonly threads: number;
  readonly out: string;
}

function optionsFrom(args: readonly string[]): Options | undefined {
  const options = {
    scale: 1,
    isShort: false,
    isForDocs: false,
    threads: os.availableParallelism(),
    out: path.join('libs', 'delivery', 'analysis', 'dist', 'bench'),
  };
  for (const arg of args) {
    const [name, value = ''] = arg.split('=');
    const isNumber = Number(value) > 0;
    if (name === '--short') [options.isShort, options.scale] = [true, SHORT_SCALE];
    else if (name === '--docs') options.isForDocs = true;
    else if (name === '--seeds' && isNumber) options.scale = Number(value);
    else if (name === '--threads' && isNumber) options.threads = Math.ceil(Number(value));
    else if (name === '--out' && value) options.out = value;
    else return undefined;
  }
  return options;
}

async function main(): Promise<number> {
  const options = optionsFrom(process.argv.slice(2));
  if (!options) {
    process.stderr.write(HELP);
    return 2;
  }
  const startedAt = process.hrtime.bigint();
  const seconds = () => Number(process.hrtime.bigint() - startedAt) / 1e9;
  // Before the threads start: they would share the cores.
  const costNs = measureCost();
  let reported = 0;
  const cells = await runAll(
    allExperiments(options.scale),
    options.threads,
    new URL(import.meta.url),
    (done, all) => {
      if (seconds() - reported < 20) return;
      reported = seconds();
      process.stderr.write(`${Math.round((100 * done) / all)} % after ${Math.round(reported)} s\n`);
    },
  );
  const goals = allGoals(cells, costNs);
  const results = {
    node: process.version,
    seconds: Math.round(seconds()),
    scale: options.scale,
    goals,
    cells: cells.map(summarise),
  };
  fs.mkdirSync(options.out, { recursive: true });
  fs.writeFileSync(path.join(options.out, 'results.json'), `${JSON.stringify(results, null, 1)}\n`);
  fs.writeFileSync(path.join(options.out, 'report.html'), renderReport(results, allTraces()));
  if (options.isForDocs) writeDocs(results);
  process.stdout.write(`${goalsTable(goals)}\n`);
  const failed = goals.filter(({ isReached, isSurelyMissed }) =>
    options.isShort ? isSurelyMissed : !isReached,
  );
  process.stdout.write(
    `${goals.filter(({ isReached }) => isReached).length} of ${goals.length} goals reached in ` +
      `${results.seconds} s; report: ${path.join(options.out, 'report.html')}\n`,
  );
  return failed.length === 0 ? 0 : 1;
}

function writeDocs(results: ReportData): void {
  const file = path.join('docs', 'judge.md');
  fs.writeFileSync(file, withMeasured(fs.readFileSync(file, 'utf8'), results));
}

function goalsTable(goals: readonly Goal[]): string {
  const rows = goals.map(
    ({ group, name, target, figure, unit, seeds, isReached, isSurelyMissed }) => [
      group,
      name,
      target,
      `${say(figure.value)}${unit && ` ${unit}`}`,
      `${say(figure.low)}..${say(figure.high)}`,
      String(seeds),
      isReached ? 'reached' : isSurelyMissed ? 'MISSED' : 'missed (within its interval)',
    ],
  );
  const table = [['goal', 'case', 'target', 'measured', 'interval', 'seeds', ''], ...rows];
  const widths =
    table[0]?.map((_, i) => Math.max(...table.map((row) => row[i]?.length ?? 0))) ?? [];
  return table
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function say(value: number): string {
  return Number.isFinite(value) ? Number(value.toPrecision(3)).toString() : '∞';
}

if (isMainThread) {
  process.exitCode = await main();
} else {
  parentPort?.on('message', ({ index, experiment, from, to }: Task) => {
    const results = Array.from({ length: to - from }, (_, i) => runSeed(experiment, from + i));
    parentPort?.postMessage({ index, from, results } satisfies TaskResult);
  });
}
