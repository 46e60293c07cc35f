import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import {
  type PostgresServer,
  runningDatabaseUrl,
  startPostgres,
  stopPostgres,
} from '@prompt-card/embedded-postgres';
import {
  FileReleaseRecord,
  type ListedMigration,
  type LoadBalancerClient,
  LocalError,
  LocalWorkload,
  findProcess,
  freePort,
  highestFence,
  listMigrations,
  readIfPresent,
  removeUnfinishedWrites,
  stopProcess,
  writeDurably,
} from '@prompt-card/local';
import type { Revision, TrafficRouter } from '@prompt-card/rollout';
import { AuditLog } from '../audit/audit-log.ts';
import type { EnvironmentFile, ServiceDefinition } from './environment-file.ts';
import {
  type RouterKind,
  type RunningRouter,
  chooseRouter,
  findRouter,
  parseRouterKind,
  startRouter,
} from './local-router.ts';

/** An environment of processes on this machine, all of it in one folder. */
export class LocalEnvironment {
  readonly file: EnvironmentFile;
  readonly workspaceRoot: string;
  readonly folder: string;
  readonly record: FileReleaseRecord;
  readonly audit: AuditLog;
  readonly #askedRouter: RouterKind | undefined;

  constructor(workspaceRoot: string, file: EnvironmentFile, askedRouter?: RouterKind) {
    this.workspaceRoot = workspaceRoot;
    this.#askedRouter = askedRouter;
    this.file = file;
    this.folder = path.join(workspaceRoot, file.folder);
    this.record = new FileReleaseRecord(this.folder, () => highestFence(this.path('lease')));
    this.audit = new AuditLog(this.path('audit.jsonl'));
  }

  path(...names: readonly string[]): string {
    return path.join(this.folder, ...names);
  }

  rolloutFolder(id: string): string {
    return this.path('rollouts', id);
  }

  artifactOf(service: ServiceDefinition): string {
    return path.join(this.workspaceRoot, service.artifact);
  }

  /** Starts the database and the router, or finds them running. Only under the lease. */
  async up(notify: (line: string) => void): Promise<RunningEnvironment> {
    await this.#removeUnfinished();
    const databaseUrl = await this.#startDatabase();
    const router = await this.#startRouter(notify);
    return this.#running(router, (service, revision) =>
      this.#variables(service, revision, databaseUrl, router.urls),
    );
  }

  /** What runs now; nothing is started. `undefined` without a router: then nothing is served. */
  async connect(): Promise<RunningEnvironment | undefined> {
    const router = await findRouter(this.folder);
    return router && this.#running(router, () => ({}));
  }

  /**
   * The migrations that a build brings, and which of them the database lacks if it runs; nothing is
   * started. `undefined` for a service whose builds do not list any.
   */
  async migrationsOf(
    service: ServiceDefinition,
    revision: Revision,
    artifact = revision.artifact,
  ): Promise<readonly ListedMigration[] | undefined> {
    if (!service.migrationsArgs) return undefined;
    const { database } = this.file;
    const url =
      database === undefined
        ? undefined
        : await runningDatabaseUrl(this.path('postgres'), database);
    const variables = url === undefined ? {} : this.#variables(service, revision, url, {});
    return listMigrations(artifact, service.migrationsArgs, variables);
  }

  /** Stops everything, what serves clients first; resolves with the names of what was running. */
  async down(): Promise<readonly string[]> {
    const stopped: string[] = [];
    const router = await findRouter(this.folder);
    if (router) {
      await router.stop();
      stopped.push(router.kind === 'haproxy' ? 'HAProxy' : 'load balancer');
    }
    await rm(this.path('router'), { force: true });
    const workload = this.#workload(() => ({}));
    for (const { revision, alive } of await workload.instances()) {
      await workload.retire(revision);
      if (alive) stopped.push(`${revision.service} ${revision.id}`);
    }
    if (this.file.database !== undefined && (await stopPostgres(this.path('postgres')))) {
      stopped.push('PostgreSQL');
    }
    return stopped;
  }

  /** Forgets the environment: its data, its builds, its journals. */
  async purge(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /** What a command that was killed had begun to write. */
  async #removeUnfinished(): Promise<void> {
    for (const folder of ['', 'instances', 'rollouts', 'balancer'].map((name) => this.path(name))) {
      await removeUnfinishedWrites(folder);
    }
    await this.#removeOldRequests();
    for (const { name } of this.file.services) {
      for (const build of await readdir(this.path('revisions', name)).catch(() => [])) {
        if (!build.endsWith('.partial')) continue;
        await rm(this.path('revisions', name, build), { recursive: true, force: true });
      }
    }
  }

  /** Requests to controllers that are gone. */
  async #removeOldRequests(): Promise<void> {
    const newest = await highestFence(this.path('lease'));
    for (const fence of await readdir(this.path('inbox')).catch(() => [])) {
      if (Number(fence) === newest) continue;
      await rm(this.path('inbox', fence), { recursive: true, force: true });
    }
  }

  async #startDatabase(): Promise<string | undefined> {
    const { database } = this.file;
    if (database === undefined) return undefined;
    const postgres = await this.#startPostgres();
    await postgres.createDatabase(database);
    return postgres.url(database);
  }

  async #startPostgres(): Promise<PostgresServer> {
    const ports = await this.#ports();
    const postgres = await startPostgres({
      dataDirectory: this.path('postgres'),
      detached: true,
      ...(ports['postgres'] !== undefined && { port: ports['postgres'] }),
    });
    await this.#keepPorts({ ...ports, postgres: postgres.port });
    return postgres;
  }

  async #startRouter(notify: (line: string) => void): Promise<RunningRouter> {
    const found = await findRouter(this.folder);
    const kind = chooseRouter({
      asked: this.#askedRouter,
      running: found?.kind,
      last: parseRouterKind((await readIfPresent(this.path('router'))) ?? ''),
      configured: this.file.router,
    });
    if (found) return found;
    await this.#stopOrphanedBalancer();
    const ports: Record<string, number> = { ...(await this.#ports()) };
    for (;;) {
      try {
        const router = await startRouter(kind, {
          workspaceRoot: this.workspaceRoot,
          folder: this.folder,
          services: this.file.services.map((service) => ({
            ...service,
            port: ports[service.name] ?? service.port,
          })),
        });
        await writeDurably(this.path('router'), `${kind}\n`);
        await this.#keepPorts(ports);
        return router;
      } catch (error) {
        const service = takenService(error, this.file.services, ports);
        if (!service) throw error;
        ports[service.name] = await freePort();
        notify(`${(error as Error).message}; ${service.name} uses ${ports[service.name]} instead`);
      }
    }
  }

  /** One whose starter died before it could write down where it is: nobody can talk to it. */
  async #stopOrphanedBalancer(): Promise<void> {
    const orphan = await findProcess(this.path('balancer', 'config.json'));
    if (orphan) await stopProcess(orphan, { graceMs: 2_000 });
  }

  #running(
    router: RunningRouter,
    variables: (service: ServiceDefinition, revision: Revision) => Readonly<Record<string, string>>,
  ): RunningEnvironment {
    const workload = this.#workload(variables);
    return {
      urls: router.urls,
      ...(router.client && { client: router.client }),
      takeCharge: (service, fence) => router.takeCharge(service, fence),
      workload,
      record: this.record,
      router: router.trafficRouter(workload),
    };
  }

  #workload(
    variables: (service: ServiceDefinition, revision: Revision) => Readonly<Record<string, string>>,
  ): LocalWorkload {
    return new LocalWorkload(
      this.file.services.map((service) => ({
        name: service.name,
        args: service.args as [string, ...string[]],
        ...(service.migrateArgs && { migrateArgs: service.migrateArgs }),
        environment: (revision) => variables(service, revision),
        healthPath: service.healthPath,
        smokePath: service.smokePath,
      })),
      this.folder,
    );
  }

  #variables(
    service: ServiceDefinition,
    revision: Revision,
    databaseUrl: string | undefined,
    urls: Readonly<Record<string, string>>,
  ): Readonly<Record<string, string>> {
    const values: Record<string, string | undefined> = {
      databaseUrl,
      revision: revision.id,
      colour: revision.colour,
      ...Object.fromEntries(Object.entries(urls).map(([name, url]) => [`url:${name}`, url])),
    };
    return Object.fromEntries(
      Object.entries({ PATH: process.env['PATH'] ?? '', ...service.environment }).map(
        ([name, template]) => [
          name,
          template.replace(/\{([^{}]+)\}/g, (whole, key: string) => values[key] ?? whole),
        ],
      ),
    );
  }

  async #ports(): Promise<Readonly<Record<string, number>>> {
    const text = await readIfPresent(this.path('ports.json'));
    return text === undefined ? {} : (JSON.parse(text) as Record<string, number>);
  }

  #keepPorts(ports: Readonly<Record<string, number>>): Promise<void> {
    return writeDurably(this.path('ports.json'), `${JSON.stringify(ports)}\n`);
  }
}

/** The ports of a rollout over what runs on this machine. */
export interface RunningEnvironment {
  /** Where each service is reached, by its name. */
  readonly urls: Readonly<Record<string, string>>;
  /** Absent where another router than the embedded load balancer serves. */
  readonly client?: LoadBalancerClient;
  /** Makes the router refuse whoever writes to a service under an older lease. */
  readonly takeCharge: (service: string, fence: number) => Promise<void>;
  readonly workload: LocalWorkload;
  readonly router: TrafficRouter;
  readonly record: FileReleaseRecord;
}

/** The service whose port the error says is taken. */
function takenService(
  error: unknown,
  services: readonly ServiceDefinition[],
  ports: Readonly<Record<string, number>>,
): ServiceDefinition | undefined {
  if (!(error instanceof LocalError) || error.code !== 'PORT_TAKEN') return undefined;
  return services.find(({ name, port }) =>
    new RegExp(`\\bport ${ports[name] ?? port}\\b`).test(error.message),
  );
}
