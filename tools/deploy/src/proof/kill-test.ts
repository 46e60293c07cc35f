import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { CrashPoint } from './crash-points.ts';
import { parseTrace } from './crash-points.ts';
import { inconsistencies } from './consistency.ts';
import type { ControllerCommand } from './controller-process.ts';
import { type Ended, startController } from './run-controller.ts';
import { bringUp } from './bring-up.ts';
import { type SteadyClients, startSteadyClients } from './steady-clients.ts';
import { type TinyWorkspace, makeTinyWorkspace, rebuild } from './tiny-workspace.ts';

/** What a killed controller was doing. */
interface Scenario {
  readonly name: string;
  readonly command: ControllerCommand['command'];
  readonly faulty: boolean;
  /** Begins where nothing is: no load balancer, no revision, and nobody who could be served. */
  readonly fromNothing?: true;
  /** The commands that may come next; each has to bring the environment to rest. */
  readonly next: readonly ControllerCommand['command'][];
}

const SCENARIOS: readonly Scenario[] = [
  { name: 'canary-passes', command: 'canary', faulty: false, next: ['canary', 'rollback'] },
  { name: 'canary-fails', command: 'canary', faulty: true, next: ['canary', 'rollback'] },
  {
    name: 'blue-green-passes',
    command: 'blue-green',
    faulty: false,
    next: ['blue-green', 'rollback'],
  },
  {
    name: 'blue-green-fails',
    command: 'blue-green',
    faulty: true,
    next: ['blue-green', 'rollback'],
  },
  { name: 'rollback', command: 'rollback', faulty: false, next: ['rollback', 'canary'] },
  { name: 'install', command: 'canary', faulty: false, fromNothing: true, next: ['canary'] },
];

export interface KillTestOptions {
  readonly workspaceRoot: string;
  /**
   * Kills right before each operation only: what was before an operation is what was after the one before.
   * Appends to the journal are torn as well in either case.
   */
  readonly short: boolean;
  /** Tries every next command after every crash; otherwise they take turns. */
  readonly exhaustive: boolean;
  /** Names of scenarios; empty for all. */
  readonly only: readonly string[];
  readonly from?: number | undefined;
  readonly print: (line: string) => void;
}

export interface KillTestResult {
  readonly passed: number;
  readonly failed: number;
  readonly sent: number;
}

/**
 * Kills a controller at each of its operations, gives one more command, and looks whether the environment is
 * at rest and whether any client saw a failed request. The crashes follow each other in one environment, so
 * that what one of them leaves behind meets all later ones.
 */
export async function runKillTest(options: KillTestOptions): Promise<KillTestResult> {
  const workspace = await makeTinyWorkspace(options.workspaceRoot);
  const run = new KillTest(workspace, options);
  try {
    return await run.all();
  } finally {
    await run.stopClients();
    await workspace.remove();
  }
}

class KillTest {
  readonly #workspace: TinyWorkspace;
  readonly #options: KillTestOptions;
  readonly #traceFile: string;
  #clients: SteadyClients | undefined;
  #builds = 0;
  #passed = 0;
  #failed = 0;
  #sent = 0;

  constructor(workspace: TinyWorkspace, options: KillTestOptions) {
    this.#workspace = workspace;
    this.#options = options;
    this.#traceFile = path.join(workspace.root, 'trace.txt');
  }

  async all(): Promise<KillTestResult> {
    await this.#begin();
    const chosen = SCENARIOS.filter(
      ({ name }) => this.#options.only.length === 0 || this.#options.only.includes(name),
    );
    for (const scenario of chosen) await this.#enumerate(scenario);
    await this.stopClients();
    return { passed: this.#passed, failed: this.#failed, sent: this.#sent };
  }

  async #begin(): Promise<void> {
    const url = await bringUp(this.#workspace, () => this.#must('canary'));
    this.#clients = startSteadyClients(url);
  }

  async stopClients(): Promise<void> {
    await this.#clients?.stop();
    this.#sent += this.#clients?.sent ?? 0;
    this.#clients = undefined;
  }

  /** Nothing is there any more but the clients, who are sent away. */
  async #clear(): Promise<void> {
    const { environment } = this.#workspace;
    const url = `http://127.0.0.1:${environment.file.services[0]?.port ?? 0}`;
    await this.stopClients();
    await environment.down();
    await environment.purge();
    this.#clients = startSteadyClients(url);
  }

  /** After a failure, so that the next crash is judged by itself. */
  async #beginAnew(): Promise<void> {
    await this.stopClients();
    await this.#workspace.environment.down();
    await this.#workspace.environment.purge();
    await this.#begin();
  }

  /** Dies at operation 1, 2, … until there is none left to die at. */
  async #enumerate(scenario: Scenario): Promise<void> {
    const { print, short, exhaustive } = this.#options;
    const began = { passed: this.#passed, failed: this.#failed, atMs: Date.now() };
    let turn = 0;
    let operation = this.#options.from ?? 1;
    for (;;) {
      const moments: CrashPoint['moment'][] = ['before'];
      for (const moment of moments) {
        const turns = exhaustive
          ? scenario.next
          : scenario.next.filter((_, i) => i === turn % scenario.next.length);
        turn += 1;
        for (const next of turns) {
          const traced = await this.#crash(scenario, { operation, moment }, next);
          if (!traced) {
            const points = this.#passed + this.#failed - began.passed - began.failed;
            print(
              `${scenario.name}: ${operation - 1} operations, ${points} crashes, ${this.#passed - began.passed} passed, ${this.#failed - began.failed} failed (${((Date.now() - began.atMs) / 1000).toFixed(0)} s)`,
            );
            return;
          }
          if (moment !== 'before' || moments.length > 1) continue;
          if (!short) moments.push('after');
          if (traced === 'append') moments.push('torn');
        }
      }
      const sofar = this.#passed + this.#failed - began.passed - began.failed;
      if (operation % PROGRESS_EVERY === 0) {
        print(`${scenario.name}: operation ${operation}, ${sofar} crashes so far`);
      }
      operation += 1;
    }
  }

  /** The name of the operation at which the controller died; `undefined` if it came to its end alive. */
  async #crash(
    scenario: Scenario,
    crash: CrashPoint,
    next: ControllerCommand['command'],
  ): Promise<string | undefined> {
    if (scenario.command === 'rollback') await this.#must('blue-green');
    if (scenario.fromNothing) await this.#clear();
    const failuresBefore = this.#clients?.failures.length ?? 0;
    await this.#newBuild();
    const first = await this.#run(scenario.command, scenario.faulty, crash);
    const last = parseTrace(await readFile(this.#traceFile, 'utf8')).at(-1);
    if (!first.killed) {
      if (crash.moment === 'before') return undefined;
    }
    const second = await this.#run(next, scenario.faulty);
    const problems = [
      ...(second.code === 0 ? [] : [`${next} failed: ${second.output.trim()}`]),
      ...(await inconsistencies(this.#workspace.environment)),
      ...(scenario.fromNothing ? [] : (this.#clients?.failures ?? []))
        .slice(failuresBefore)
        .map(({ path, servedBy, detail }) => `a request of ${path} by ${servedBy}: ${detail}`),
    ];
    const where = `${scenario.name}: killed ${crash.moment} operation ${crash.operation} (${last?.name} ${last?.detail}), then ${next}`;
    if (problems.length === 0) {
      this.#passed += 1;
    } else {
      this.#failed += 1;
      this.#options.print(`FAILED ${where}\n  ${problems.join('\n  ')}`);
      await this.#beginAnew();
    }
    return last?.name ?? 'nothing';
  }

  /** A command that nobody kills and that has to work. */
  async #must(command: ControllerCommand['command']): Promise<void> {
    await this.#newBuild();
    const { code, output } = await this.#run(command, false);
    if (code !== 0)
      throw new Error(`${command} does not even work when nobody kills it: ${output}`);
  }

  async #newBuild(): Promise<void> {
    this.#builds += 1;
    await rebuild(this.#workspace, this.#builds);
  }

  async #run(
    command: ControllerCommand['command'],
    faulty: boolean,
    crash?: CrashPoint,
  ): Promise<Ended> {
    await rm(this.#traceFile, { force: true });
    const traceFile = this.#traceFile;
    return startController(this.#workspace, { command, faulty, traceFile, crash }).ended;
  }
}

const PROGRESS_EVERY = 10;
