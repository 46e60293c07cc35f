import { execFile, spawn } from 'node:child_process';
import { copyFile, readFile, readdir, rm, statfs, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { currentHolder } from '@prompt-card/local';
import type { ControllerCommand } from './controller-process.ts';
import { journalFile, newestRolloutNumber } from '../rollout/rollout-files.ts';
import { inconsistencies } from './consistency.ts';
import { type Ended, type RunningController, startController, watch } from './run-controller.ts';
import { bringUp } from './bring-up.ts';
import { type SteadyClients, startSteadyClients } from './steady-clients.ts';
import { type TinyWorkspace, makeTinyWorkspace, rebuild } from './tiny-workspace.ts';

const run = promisify(execFile);

/** Something that happens to an environment from outside, in the middle of a rollout. */
interface Incident {
  readonly name: string;
  /** Requests that may fail: what was in flight, or what nobody could have served. */
  readonly mayBreak: number;
  /** Resolves with what went wrong, or with why it cannot be tried on this machine. */
  readonly happen: (place: Place) => Promise<readonly string[] | { readonly skipped: string }>;
}

/** As many requests as the clients can have under way at one moment. */
const IN_FLIGHT = 4;

const INCIDENTS: readonly Incident[] = [
  {
    name: 'kill -9 of the load balancer’s worker: its supervisor restarts it, the rollout goes on',
    mayBreak: IN_FLIGHT,
    async happen(place) {
      const controller = place.start('canary');
      await place.atHalf(controller);
      const [worker] = await processesWith('worker', place.workspace.root);
      process.kill(worker ?? 0, 'SIGKILL');
      return expectSuccess(await controller.ended, 'phase promoted');
    },
  },
  {
    name: 'kill -9 of the canary: it is rolled back',
    mayBreak: IN_FLIGHT,
    async happen(place) {
      const controller = place.start('canary');
      await place.atHalf(controller);
      await place.killRevision('candidate');
      return expectSuccess(await controller.ended, 'phase rolled-back');
    },
  },
  {
    name: 'kill -9 of the stable revision in mid-rollout: it is brought back, the rollout goes on',
    mayBreak: IN_FLIGHT,
    async happen(place) {
      const controller = place.start('canary');
      await place.atHalf(controller);
      await place.killRevision('stable');
      return expectSuccess(await controller.ended, 'phase promoted');
    },
  },
  {
    name: 'kill -9 of the whole load balancer: the next command starts it with the same routing',
    mayBreak: Infinity,
    async happen(place) {
      const controller = place.start('canary');
      await place.atHalf(controller);
      const [supervisor] = await processesWith('supervisor', place.workspace.root);
      process.kill(supervisor ?? 0, 'SIGKILL');
      const ended = await controller.ended;
      const claimed = ended.output.includes('phase promoted');
      const problems = claimed ? ['the rollout claims to have succeeded'] : [];
      return [...problems, ...expectSuccess(await place.run('rollback'), 'phase rolled-back')];
    },
  },
  ...(['SIGINT', 'SIGTERM'] as const).map((signal): Incident => ({
    name: `${signal} to nx run deploy:canary: the next command finishes the rollout`,
    mayBreak: 0,
    async happen(place) {
      const nx = await place.startNx();
      await place.atHalf(nx);
      process.kill(-(nx.process.pid ?? 0), signal);
      await nx.ended;
      await place.untilNobodyHolds();
      return expectSuccess(await place.run('canary'), 'phase promoted');
    },
  })),
  {
    name: 'a disk under the journal that is full, or fails in mid-rollout: the command stops, the next one finishes',
    mayBreak: 0,
    happen: fillDisk,
  },
  {
    name: 'a damaged journal of a promoted rollout: refused, and rolling back works by what runs',
    mayBreak: 0,
    async happen(place) {
      const [before] = await place.history();
      const promoted = expectSuccess(await place.run('canary'), 'phase promoted');
      await place.damageJournal();
      const refused = expectRefusal(await place.run('canary'), 'JOURNAL_CORRUPT');
      const back = expectSuccess(await place.run('rollback'), 'phase rolled-back');
      const [after] = await place.history();
      return [
        ...promoted,
        ...refused,
        ...back,
        ...(before === after
          ? []
          : [`${String(after)} is stable, it was ${String(before)} before`]),
      ];
    },
  },
  {
    name: 'a damaged journal of a rollout that was killed half-way: the same',
    mayBreak: 0,
    async happen(place) {
      const [before] = await place.history();
      const controller = place.start('canary');
      await place.atHalf(controller);
      controller.process.kill('SIGKILL');
      await controller.ended;
      await place.damageJournal();
      const refused = expectRefusal(await place.run('canary'), 'JOURNAL_CORRUPT');
      const back = expectSuccess(await place.run('rollback'), 'phase rolled-back');
      const [after] = await place.history();
      return [
        ...refused,
        ...back,
        ...(before === after
          ? []
          : [`${String(after)} is stable, it was ${String(before)} before`]),
      ];
    },
  },
  {
    name: 'the clock jumps an hour ahead and two back: nothing ends early, nothing hangs',
    mayBreak: 0,
    async happen(place) {
      const began = performance.now();
      const clockJumps = [
        { operation: 16, byMs: 3_600_000 },
        { operation: 20, byMs: -7_200_000 },
      ];
      const ended = await place.start('canary', { clockJumps }).ended;
      const tookMs = performance.now() - began;
      return [
        ...expectSuccess(ended, 'phase promoted'),
        ...(tookMs < 1_000 * STAGE_SECONDS
          ? [`the whole rollout took ${tookMs.toFixed(0)} ms, its analysis alone takes longer`]
          : []),
      ];
    },
  },
  {
    name: 'two controllers in the same moment: one works, the other hears who does',
    mayBreak: 0,
    async happen(place) {
      const ended = await Promise.all(
        [place.start('canary'), place.start('canary')].map((controller) => controller.ended),
      );
      const [winner, loser] = [...ended].sort((a, b) => (a.code ?? 1) - (b.code ?? 1));
      return [
        ...(winner ? expectSuccess(winner, 'phase promoted') : ['nobody started']),
        ...(loser?.output.includes('ENVIRONMENT_LOCKED')
          ? []
          : [`the second one ended like this: ${loser?.output ?? ''}`]),
      ];
    },
  },
  {
    name: 'a controller that was stopped, overtaken and woken is refused, and changes nothing',
    mayBreak: 0,
    async happen(place) {
      const overtaken = place.start('canary');
      await place.atHalf(overtaken);
      overtaken.process.kill('SIGSTOP');
      const back = await place.start('rollback', { takeOver: true }).ended;
      overtaken.process.kill('SIGCONT');
      const ended = await overtaken.ended;
      return [
        ...expectSuccess(back, 'phase rolled-back'),
        ...(ended.code !== 0 && ended.output.includes('LEASE_LOST')
          ? []
          : [`the overtaken one ended like this: ${ended.output}`]),
      ];
    },
  },
];

const STAGE_SECONDS = 2;

export interface IncidentsResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Lets each incident happen once in one environment under load. */
export async function runIncidents(
  workspaceRoot: string,
  only: string,
  print: (line: string) => void,
): Promise<IncidentsResult> {
  const workspace = await makeTinyWorkspace(workspaceRoot, (environment) => ({
    ...environment,
    canary: { stages: [{ weight: 50, seconds: STAGE_SECONDS, minSamples: 5 }] },
  }));
  const place = new Place(workspace);
  const result = { passed: 0, failed: 0, skipped: 0 };
  try {
    await place.begin();
    for (const incident of INCIDENTS.filter(({ name }) => name.includes(only))) {
      const outcome = await tryOut(place, incident);
      if ('skipped' in outcome) {
        result.skipped += 1;
        print(`skipped: ${incident.name}: ${outcome.skipped}`);
      } else if (outcome.problems.length === 0) {
        result.passed += 1;
        print(`ok: ${incident.name} (${outcome.broken} of ${outcome.sent} requests failed)`);
      } else {
        result.failed += 1;
        print(`FAILED ${incident.name}\n  ${outcome.problems.join('\n  ')}`);
        await place.beginAnew();
      }
    }
    return result;
  } finally {
    await place.end();
    await workspace.remove();
  }
}

type Outcome =
  | { readonly skipped: string }
  | { readonly problems: readonly string[]; readonly broken: number; readonly sent: number };

async function tryOut(place: Place, incident: Incident): Promise<Outcome> {
  const sentBefore = place.clients.sent;
  const failuresBefore = place.clients.failures.length;
  await place.newBuild();
  const happened = await incident
    .happen(place)
    .catch((error: unknown): readonly string[] => [(error as Error).message]);
  if ('skipped' in happened) return happened;
  const failures = place.clients.failures.slice(failuresBefore);
  const excess = failures.length > incident.mayBreak ? failures : [];
  return {
    problems: [
      ...happened,
      ...(await inconsistencies(place.workspace.environment)),
      ...excess.map(
        ({ path, servedBy, detail }) => `a request of ${path} by ${servedBy}: ${detail}`,
      ),
    ],
    broken: failures.length,
    sent: place.clients.sent - sentBefore,
  };
}

/** An environment with clients, and what an incident needs to reach into it. */
class Place {
  readonly workspace: TinyWorkspace;
  readonly #traceFile: string;
  #clients: SteadyClients | undefined;
  #builds = 0;

  constructor(workspace: TinyWorkspace) {
    this.workspace = workspace;
    this.#traceFile = path.join(workspace.root, 'trace.txt');
  }

  get clients(): SteadyClients {
    if (!this.#clients) throw new Error('there are no clients yet');
    return this.#clients;
  }

  async begin(): Promise<void> {
    await this.newBuild();
    const url = await bringUp(this.workspace, async () => {
      const { code, output } = await this.run('canary');
      if (code !== 0) throw new Error(`the environment cannot even be installed: ${output}`);
    });
    this.#clients = startSteadyClients(url);
  }

  async beginAnew(): Promise<void> {
    await this.end();
    await this.workspace.environment.down();
    await this.workspace.environment.purge();
    await this.begin();
  }

  async end(): Promise<void> {
    await this.#clients?.stop();
  }

  async newBuild(): Promise<void> {
    this.#builds += 1;
    await rebuild(this.workspace, this.#builds);
  }

  start(
    command: ControllerCommand['command'],
    more: Pick<ControllerCommand, 'takeOver' | 'clockJumps'> = {},
  ): RunningController {
    const traceFile = this.#traceFile;
    return startController(this.workspace, { command, faulty: false, traceFile, ...more });
  }

  run(command: ControllerCommand['command']): Promise<Ended> {
    return this.start(command).ended;
  }

  /** The executor as a person starts it, in a process group of its own like a shell’s. */
  async startNx(): Promise<RunningController> {
    const { root, workspaceRoot, environmentFile } = this.workspace;
    await writeFile(path.join(root, 'package.json'), '{"name":"tiny-workspace","private":true}');
    await writeFile(
      path.join(root, 'nx.json'),
      JSON.stringify({ neverConnectToCloud: true, analytics: false, tui: { enabled: false } }),
    );
    await writeFile(
      path.join(root, 'project.json'),
      JSON.stringify({
        name: 'tiny',
        targets: {
          canary: {
            executor: '@prompt-card/deploy:canary',
            options: { environment: environmentFile, onInconclusive: 'rollback' },
          },
        },
      }),
    );
    await copyFile(
      path.join(workspaceRoot, 'tsconfig.base.json'),
      path.join(root, 'tsconfig.base.json'),
    );
    await symlink(path.join(workspaceRoot, 'node_modules'), path.join(root, 'node_modules')).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      },
    );
    const nx = path.join(workspaceRoot, 'node_modules/.bin/nx');
    return watch(
      spawn(process.execPath, [nx, 'run', 'tiny:canary'], {
        cwd: root,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...process.env,
          NX_DAEMON: 'false',
          NX_CACHE_DIRECTORY: path.join(root, '.nx/cache'),
          NX_WORKSPACE_DATA_DIRECTORY: path.join(root, '.nx/data'),
        },
      }),
    );
  }

  /** Until two revisions share the traffic; the controller must not end before. */
  async atHalf(controller: RunningController): Promise<void> {
    const tooEarly = controller.ended.then(({ output }) => {
      throw new Error(`the controller ended before anything could happen: ${output}`);
    });
    tooEarly.catch(() => undefined);
    await Promise.race([tooEarly, this.#untilHalf()]);
  }

  async #untilHalf(): Promise<void> {
    await until('a candidate with half of the traffic', async () => {
      const running = await this.workspace.environment.connect();
      const arms = (await running?.router.observe('backend')) ?? [];
      return arms.filter(({ weight }) => weight === 50).length === 2;
    });
  }

  async killRevision(which: 'stable' | 'candidate'): Promise<void> {
    const { environment } = this.workspace;
    const [stable] = await environment.record.history('backend');
    const folder = environment.path('revisions', 'backend');
    for (const id of await readdir(folder)) {
      if ((id === stable?.id) !== (which === 'stable')) continue;
      for (const pid of await processesWith(path.join(folder, id, 'main.cjs'), '')) {
        process.kill(pid, 'SIGKILL');
      }
    }
  }

  /** Ids of the revisions that are and were stable, newest first. */
  async history(): Promise<readonly string[]> {
    return (await this.workspace.environment.record.history('backend')).map(({ id }) => id);
  }

  /** Changes one byte of the newest journal, in its first record. */
  async damageJournal(): Promise<void> {
    const { environment } = this.workspace;
    const file = journalFile(environment, String(await newestRolloutNumber(environment)));
    const bytes = await readFile(file);
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    await writeFile(file, bytes);
  }

  async untilNobodyHolds(): Promise<void> {
    const folder = this.workspace.environment.path('lease');
    await until('the lease to be free', async () => {
      return (await currentHolder(folder)) === undefined;
    });
  }
}

/** A small file system, mounted over the journals: full before a rollout, read-only in the middle of one. */
async function fillDisk(place: Place): Promise<readonly string[] | { readonly skipped: string }> {
  const folder = place.workspace.environment.path('rollouts');
  const kept = `${folder}.kept`;
  try {
    await run('cp', ['-a', folder, kept]);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=700', 'tmpfs', folder]);
  } catch (error) {
    await rm(kept, { recursive: true, force: true });
    const { message } = error as Error;
    return { skipped: `no file system can be mounted here: ${message.split('\n')[0] ?? ''}` };
  }
  try {
    await run('cp', ['-a', `${kept}/.`, folder]);
    const ballast = path.join(folder, 'ballast');
    const { bavail, bsize } = await statfs(folder);
    await writeFile(ballast, Buffer.alloc(bavail * bsize));
    const refused = expectRefusal(await place.run('canary'), 'JOURNAL_NOT_WRITTEN');
    await rm(ballast);
    const controller = place.start('canary');
    await place.atHalf(controller);
    await run('mount', ['-o', 'remount,ro', folder]);
    const stopped = expectRefusal(await controller.ended, 'JOURNAL_NOT_WRITTEN');
    await run('mount', ['-o', 'remount,rw', folder]);
    return [...refused, ...stopped, ...expectSuccess(await place.run('canary'), 'phase promoted')];
  } finally {
    await rm(kept, { recursive: true, force: true });
    await run('cp', ['-a', folder, kept]);
    await run('umount', [folder]);
    await run('cp', ['-a', `${kept}/.`, folder]);
    await rm(kept, { recursive: true, force: true });
  }
}

function expectSuccess(ended: Ended, phase: string): readonly string[] {
  return ended.code === 0 && ended.output.includes(phase)
    ? []
    : [`expected "${phase}", the command ended with ${ended.code}: ${ended.output.trim()}`];
}

function expectRefusal(ended: Ended, code: string): readonly string[] {
  return ended.code !== 0 && ended.output.includes(code)
    ? []
    : [`expected ${code}, the command ended with ${ended.code}: ${ended.output.trim()}`];
}

/** Numbers of the processes that have `word` on their command line and `folder` in one of its words. */
async function processesWith(word: string, folder: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map(async (pid) => ({
      pid: Number(pid),
      words: (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0'),
    })),
  );
  return lines
    .filter(({ words }) => words.includes(word) && words.some((each) => each.startsWith(folder)))
    .map(({ pid }) => pid);
}

const PATIENCE_MS = 120_000;

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await sleep(20);
  }
}
