import {
  type MigrationFinding,
  type ReleaseSet,
  type Returnable,
  type Revision,
  judgeMigrations,
} from '@prompt-card/rollout';
import type { ServiceDefinition } from '../environment/environment-file.ts';
import type { LocalEnvironment } from '../environment/local-environment.ts';
import type { ServiceReading } from './read-drift.ts';

/** What a candidate would do to the database. */
export type MigrationForecast =
  | {
      readonly kind: 'known';
      readonly candidate: Revision;
      readonly findings: readonly MigrationFinding[];
    }
  /** Why it cannot be known, as a sentence. */
  | { readonly kind: 'unknown'; readonly candidate: Revision; readonly why: string };

/** Reads what every candidate would apply, and whom that would break; changes nothing. */
export async function readMigrations(
  environment: LocalEnvironment,
  release: ReleaseSet,
  services: readonly ServiceReading[],
): Promise<readonly MigrationForecast[]> {
  const forecasts = await Promise.all(
    release.map(async ({ candidate, migrates }): Promise<readonly MigrationForecast[]> => {
      const service = environment.file.services.find(({ name }) => name === candidate.service);
      if (!migrates || !service) return [];
      const unknown = (why: string) => [{ kind: 'unknown', candidate, why }] as const;
      const listed = await environment.migrationsOf(
        service,
        candidate,
        environment.artifactOf(service),
      );
      if (!listed) return unknown('its builds do not list their migrations (migrationsArgs)');
      if (listed.some(({ pending }) => pending === undefined)) {
        return unknown('the database does not run; what it lacks is looked up when it does');
      }
      const pending = listed.filter((migration) => migration.pending);
      const reading = judgeMigrations(pending, []);
      const findings = reading.every(({ kind }) => kind === 'expand')
        ? reading
        : judgeMigrations(pending, await returnables(environment, service, candidate, services));
      return [{ kind: 'known', candidate, findings }];
    }),
  );
  return forecasts.flat();
}

/** Every other revision that serves, or that a rollback could bring back. */
async function returnables(
  environment: LocalEnvironment,
  service: ServiceDefinition,
  candidate: Revision,
  services: readonly ServiceReading[],
): Promise<readonly Returnable[]> {
  const own = services.find((reading) => reading.service === service.name);
  const history = await environment.record.history(service.name);
  const others = [...history, ...(own?.strangers ?? [])].filter(({ id }) => id !== candidate.id);
  return Promise.all(
    others.map(async (revision): Promise<Returnable> => {
      // A build of before the command, or one whose folder is gone, cannot tell what it brings.
      const listed = await environment.migrationsOf(service, revision).catch(() => undefined);
      return {
        revision,
        serving: revision.id === own?.stable?.id || own?.strangers.includes(revision) === true,
        migrations: listed?.map(({ tag }) => tag),
      };
    }),
  );
}
