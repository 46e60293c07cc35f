import { execFile } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  type Health,
  type Revision,
  type Verdict,
  type Workload,
  fail,
  pass,
  revisionName,
} from '@prompt-card/rollout';
import { LocalError } from '../errors.ts';
import { tailLog } from '../process/log-tail.ts';
import { findProcess } from '../process/find-process.ts';
import { freePort } from '../process/port.ts';
import { isAlive, type ProcessIdentity } from '../process/process-identity.ts';
import { startProcess } from '../process/start-process.ts';
import { stopProcess } from '../process/stop-process.ts';
import { readIfPresent, writeDurably } from './durable-file.ts';

/** How the revisions of one service are run on this machine. */
export interface LocalService {
  readonly name: string;
  /** Arguments to Node, relative to the revision's artifact, e.g. `['main.js']`. */
  readonly args: readonly [string, ...string[]];
  /** Arguments that apply the revision's migrations and end; absent for a service without any. */
  readonly migrateArgs?: readonly string[];
  /** The whole environment of the process but for `PORT` and the revision's own variables. */
  readonly environment: (revision: Revision) => Readonly<Record<string, string>>;
  /** 200 when the revision can serve. */
  readonly healthPath: string;
  /** Must answer 2xx before a revision gets traffic; reached past the load balancer. */
  readonly smokePath: string;
}

/** One process that runs, or was about to run, a revision. */
interface Instance {
  readonly revision: Revision;
  readonly port: number;
  /** Absent if whoever started it died before it could be written down. */
  readonly process?: ProcessIdentity;
}

const HOST = '127.0.0.1';
const REQUEST_TIMEOUT_MS = 2_000;
const MIGRATION_TIMEOUT_MS = 120_000;
const STOP_GRACE_MS = 15_000;

const run = promisify(execFile);

/**
 * Runs each revision as one detached Node process. The port is written down before the process is
 * started, so that a process whose starter died in between is found again, by the path of its program:
 * every revision has a folder of its own.
 */
export class LocalWorkload implements Workload {
  readonly #services: ReadonlyMap<string, LocalService>;
  readonly #instancesFolder: string;
  readonly #logsFolder: string;

  constructor(services: readonly LocalService[], folder: string) {
    this.#services = new Map(services.map((service) => [service.name, service]));
    this.#instancesFolder = path.join(folder, 'instances');
    this.#logsFolder = path.join(folder, 'logs');
  }

  async migrate(revision: Revision): Promise<readonly string[]> {
    const service = this.#service(revision);
    if (!service.migrateArgs) return [];
    try {
      const { stdout } = await run(process.execPath, service.migrateArgs, {
        cwd: revision.artifact,
        env: { ...service.environment(revision), ...revision.variables },
        timeout: MIGRATION_TIMEOUT_MS,
      });
      return appliedMigrations(stdout);
    } catch (cause) {
      const { stderr, stdout, message } = cause as Error & { stderr?: string; stdout?: string };
      const output = (stderr?.trim() || stdout?.trim()) ?? message;
      throw new LocalError(
        'MIGRATION_FAILED',
        `the migrations of ${revisionName(revision)} failed: ${output}`,
        { cause, next: 'mend the migration; the stable revision goes on serving' },
      );
    }
  }

  async deploy(revision: Revision): Promise<void> {
    const known = await this.#find(revision);
    if (known?.process) return;
    const service = this.#service(revision);
    const port = await freePort(HOST);
    await this.#write({ revision, port });
    const identity = await startProcess({
      program: process.execPath,
      args: [this.#program(revision), ...service.args.slice(1)],
      cwd: revision.artifact,
      env: { ...service.environment(revision), ...revision.variables, PORT: String(port) },
      logFile: this.logFile(revision),
    }).catch((error: unknown) => {
      // A revision that ends at once was started all the same: its health says what became of it.
      if (error instanceof LocalError && error.code === 'PROCESS_ENDED') return undefined;
      throw error;
    });
    if (identity) await this.#write({ revision, port, process: identity });
  }

  async health(revision: Revision): Promise<Health> {
    const instance = await this.#find(revision);
    if (!instance?.process) {
      const lines = await tailLog(this.logFile(revision), 5).catch(() => '');
      return { state: 'absent', detail: `it has ended; its log ends with: ${lines || '(empty)'}` };
    }
    try {
      const { status, body } = await get(instance.port, this.#service(revision).healthPath);
      return status === 200
        ? { state: 'healthy' }
        : { state: 'unhealthy', detail: `${status} ${body}` };
    } catch (error) {
      return { state: 'starting', detail: `no answer yet (${reasonOf(error)})` };
    }
  }

  async smokeTest(revision: Revision): Promise<Verdict> {
    const { smokePath } = this.#service(revision);
    const { host, port } = await this.addressOf(revision);
    try {
      const { status, body } = await get(port, smokePath);
      return status >= 200 && status < 300
        ? pass(`GET ${smokePath} answered ${status}`)
        : fail(`GET ${smokePath} answered ${status}: ${body}`);
    } catch (error) {
      return fail(`GET http://${host}:${port}${smokePath} failed: ${reasonOf(error)}`);
    }
  }

  async retire(revision: Revision): Promise<void> {
    const instance = await this.#find(revision);
    if (instance?.process) await stopProcess(instance.process, { graceMs: STOP_GRACE_MS });
    await rm(this.#instanceFile(revision), { force: true });
  }

  /** Every revision that has been started here and not retired, dead ones included. */
  async instances(): Promise<readonly { readonly revision: Revision; readonly alive: boolean }[]> {
    const names = await readdir(this.#instancesFolder).catch(() => []);
    const instances = await Promise.all(
      names
        .filter((name) => name.endsWith('.json'))
        .map(async (name) => {
          const text = await readIfPresent(path.join(this.#instancesFolder, name));
          if (text === undefined) return [];
          const { revision } = JSON.parse(text) as Instance;
          const found = await this.#find(revision);
          return [{ revision, alive: found?.process !== undefined }];
        }),
    );
    return instances.flat();
  }

  /** Where the revision listens, or listened last. */
  async addressOf(revision: Revision): Promise<{ readonly host: string; readonly port: number }> {
    const instance = await this.#read(revision);
    if (!instance) {
      throw new LocalError(
        'REVISION_ABSENT',
        `${revisionName(revision)} has never been started here`,
        {
          next: 'see what runs: nx run deploy:status',
        },
      );
    }
    return { host: HOST, port: instance.port };
  }

  logFile(revision: Revision): string {
    return path.join(this.#logsFolder, `${revision.service}-${revision.id}.log`);
  }

  /** The path of the revision's program: no other process has it on its command line. */
  #program(revision: Revision): string {
    return path.join(revision.artifact, this.#service(revision).args[0]);
  }

  #service(revision: Revision): LocalService {
    const service = this.#services.get(revision.service);
    if (service) return service;
    throw new LocalError('SERVICE_UNKNOWN', `the environment has no service ${revision.service}`, {
      next: `name one of ${[...this.#services.keys()].join(', ')}`,
    });
  }

  /** The revision's instance; its `process` is there only if it is alive now. */
  async #find(revision: Revision): Promise<Instance | undefined> {
    const instance = await this.#read(revision);
    if (!instance) return undefined;
    const { process: identity, ...rest } = instance;
    if (identity) return (await isAlive(identity)) ? instance : rest;
    return this.#adopt(rest);
  }

  /** Finds the process that was started and never written down. */
  async #adopt(instance: Omit<Instance, 'process'>): Promise<Instance> {
    const identity = await findProcess(this.#program(instance.revision));
    if (!identity) return instance;
    const adopted = { ...instance, process: identity };
    await this.#write(adopted);
    return adopted;
  }

  async #read(revision: Revision): Promise<Instance | undefined> {
    const text = await readIfPresent(this.#instanceFile(revision));
    return text === undefined ? undefined : (JSON.parse(text) as Instance);
  }

  #write(instance: Instance): Promise<void> {
    return writeDurably(this.#instanceFile(instance.revision), JSON.stringify(instance));
  }

  #instanceFile({ service, id }: Revision): string {
    return path.join(this.#instancesFolder, `${service}-${id}.json`);
  }
}

async function get(port: number, url: string): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://${HOST}:${port}${url}`, {
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    redirect: 'manual',
  });
  return { status: response.status, body: (await response.text()).slice(0, 500) };
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? cause.message : message;
}

/** The migrate command prints `{"event":"migrated","tag":"0001_cards"}` in a line of its own for each. */
function appliedMigrations(stdout: string): readonly string[] {
  return stdout.split('\n').flatMap((line) => {
    try {
      const { event, tag } = JSON.parse(line) as { event?: unknown; tag?: unknown };
      return event === 'migrated' && typeof tag === 'string' ? [tag] : [];
    } catch {
      return [];
    }
  });
}
