import fs from 'node:fs';
import readline from 'node:readline';
import {
  CanaryJudge,
  countLatencies,
  type Decision,
  type HardLimit,
  type IntervalCounts,
  type Outcome,
} from '../src/index.ts';

const HELP = `Drives the canary judge with what happened, one JSON object per line.

  {"arm":"canary","ok":true,"latencyMs":81.5,"business":true,"session":"a7","atMs":1042}
      one outcome; latencyMs, business, session and weight (0..1, at routing time) may be absent
  {"fromMs":0,"toMs":1000,"baseline":{"requests":95,"failures":0},"canary":{"requests":5,"failures":1}}
      both arms' counts of an interval; an arm may add "latency":{"bins":[],"counts":[]},
      "latenciesMs":[] and "business":{"total":9,"failures":1}
  {"tick":2000}              time passes without outcomes
  {"stage":1,"atMs":3000}    the canary has stage 1's weight now; {"guard":true,"atMs":4000} likewise

Without stage lines the first line starts the rollout and the judge's own decisions move it on; the
answer says which weight to route with from then on. A line of JSON is printed whenever the decision
changes; the last line has the status. Exit code: 0 healthy, 1 rolled back, 2 bad usage, 3 undecided.

  --file=<path>         read this file instead of standard input
  --stages=5,25,50      weights in percent
  --every               print the decision every second, for a driver that waits for it
  --no-guard            finish at promotion
  --unit=request        count every outcome of a session, not only the first
  --limit=errors:5      hard limit in percent (errors or business); may be repeated
`;

interface Options {
  file: string | undefined;
  stages: readonly number[];
  isEvery: boolean;
  hasGuard: boolean;
  unit: 'session' | 'request';
  limits: readonly HardLimit[];
}

function optionsFrom(args: readonly string[]): Options | undefined {
  const options: Options = {
    file: undefined,
    stages: [0.05, 0.25, 0.5],
    isEvery: false,
    hasGuard: true,
    unit: 'session',
    limits: [],
  };
  for (const arg of args) {
    const [name, value = ''] = arg.split('=');
    if (name === '--file' && value) options.file = value;
    else if (name === '--stages')
      options.stages = value.split(',').map((share) => Number(share) / 100);
    else if (name === '--every') options.isEvery = true;
    else if (name === '--no-guard') options.hasGuard = false;
    else if (name === '--unit' && value === 'request') options.unit = 'request';
    else if (name === '--limit' && limitFrom(value)) {
      options.limits = [...options.limits, limitFrom(value) as HardLimit];
    } else return undefined;
  }
  return options;
}

function limitFrom(value: string): HardLimit | undefined {
  const [metric, percent] = value.split(':');
  if (metric !== 'errors' && metric !== 'business') return undefined;
  return Number(percent) > 0 ? { metric, above: Number(percent) / 100 } : undefined;
}

type Line = Partial<Outcome> &
  Partial<IntervalCounts> & {
    readonly tick?: number;
    readonly stage?: number;
    readonly guard?: boolean;
  };

/** Feeds lines to the judge, and follows its decisions unless the lines say which stage it is. */
class Session {
  readonly #judge: CanaryJudge;
  readonly #options: Options;
  #isManual = false;
  #isStarted = false;
  #stage = 0;
  #weight = 0;
  #said = '';
  #saidAt = -Infinity;
  isOver = false;
  last: Decision;

  constructor(options: Options) {
    this.#options = options;
    this.#judge = new CanaryJudge({
      stages: options.stages.map((weight) => ({ weight })),
      unit: options.unit,
      limits: options.limits,
    });
    this.last = this.#judge.decision();
  }

  read(line: Line): void {
    const atMs = line.tick ?? line.toMs ?? line.atMs ?? NaN;
    if (line.stage !== undefined || line.guard) this.#move(line, atMs);
    else {
      if (!this.#isStarted) this.#start(0, line.fromMs ?? atMs);
      this.#observe(line, atMs);
    }
    this.#follow(atMs);
  }

  #move(line: Line, atMs: number): void {
    this.#isManual = this.#isStarted = true;
    if (line.guard) this.#judge.startGuard({ atMs });
    else this.#judge.startStage({ atMs, stage: line.stage ?? 0 });
  }

  #start(stage: number, atMs: number): void {
    this.#isStarted = true;
    this.#stage = stage;
    this.#weight = this.#options.stages[stage] ?? 1;
    this.#judge.startStage({ atMs, stage });
  }

  #observe(line: Line, atMs: number): void {
    if (line.tick !== undefined) this.#judge.tick(atMs);
    else if (line.baseline && line.canary) this.#judge.observeInterval(line as IntervalCounts);
    else this.#judge.observe(line as Outcome);
  }

  #follow(atMs: number): void {
    this.last = this.#judge.decision();
    const { action, isResumable } = this.last;
    if (!this.#isManual) {
      if (action === 'advance') this.#start(this.#stage + 1, atMs);
      if (action === 'promote') {
        this.#weight = this.#options.hasGuard ? 0.95 : 1;
        if (this.#options.hasGuard) this.#judge.startGuard({ atMs });
      }
      if (action === 'rollback') this.#weight = 0;
      if (action === 'finish') this.#weight = 1;
      this.isOver =
        action === 'rollback' ||
        action === 'finish' ||
        (action === 'hold' && !isResumable) ||
        (action === 'promote' && !this.#options.hasGuard);
    }
    const { reason, metric } = this.last;
    const change = [action, reason, metric, this.#weight].join();
    const second = Math.floor(atMs / 1000);
    const isDue = this.#options.isEvery && second > this.#saidAt;
    if (change === this.#said && !isDue) return;
    this.#said = change;
    this.#saidAt = second;
    print({ atMs, weight: this.#isManual ? undefined : this.#weight, ...this.last });
  }

  finish(): void {
    print({ status: this.#judge.status() });
  }
}

function print(answer: object): void {
  process.stdout.write(`${JSON.stringify(answer, roundNumbers)}\n`);
}

/** Six figures are more than anybody reads. */
function roundNumbers(_key: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isInteger(value)) return value;
  return Number.isFinite(value) ? Number(value.toPrecision(6)) : null;
}

async function main(): Promise<number> {
  const options = optionsFrom(process.argv.slice(2));
  if (!options) {
    process.stderr.write(HELP);
    return 2;
  }
  const session = new Session(options);
  const input = options.file === undefined ? process.stdin : fs.createReadStream(options.file);
  let number = 0;
  for await (const text of readline.createInterface({ input, crlfDelay: Infinity })) {
    number++;
    if (text.trim() === '') continue;
    const line = parse(text);
    if (!line) {
      process.stderr.write(`line ${number} is not a JSON object: ${text.slice(0, 80)}\n`);
      return 2;
    }
    session.read(line);
    if (session.isOver) break;
  }
  session.finish();
  const { action, verdict } = session.last;
  if (action === 'rollback') return 1;
  return verdict === 'pass' || session.last.reason === 'guarding' ? 0 : 3;
}

function parse(text: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? withHistograms(value) : undefined;
  } catch {
    return undefined;
  }
}

/** Lists of latencies become the histograms the judge reads. */
function withHistograms(value: object): Line {
  const line = value as Line & Record<'baseline' | 'canary', { latenciesMs?: number[] }>;
  if (!line.baseline?.latenciesMs && !line.canary?.latenciesMs) return line;
  const binned = (arm: { latenciesMs?: number[] }) => ({
    ...arm,
    latency: countLatencies(arm.latenciesMs ?? []),
  });
  return { ...line, baseline: binned(line.baseline), canary: binned(line.canary) } as Line;
}

process.exitCode = await main();
