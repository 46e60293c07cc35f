import type { ReleaseSet, Revision } from '@prompt-card/rollout';
import { digestFolder, keepArtifact, requireArtifact } from './artifact.ts';
import type { ServiceDefinition } from './environment-file.ts';
import type { LocalEnvironment } from './local-environment.ts';

/** The revision that a service's build would become. Nothing is written. */
export async function describeCandidate(
  environment: LocalEnvironment,
  service: ServiceDefinition,
  number: number,
  nowMs: number,
): Promise<Revision> {
  const artifact = environment.artifactOf(service);
  await requireArtifact(artifact, service.args[0] ?? '');
  return {
    service: service.name,
    id: `r${number}`,
    digest: await digestFolder(artifact),
    artifact: environment.path('revisions', service.name, `r${number}`),
    colour: number % 2 === 0 ? 'green' : 'blue',
    variables: {},
    createdAt: nowMs,
  };
}

/** Puts the builds of a release where the environment keeps them. */
export async function keepCandidates(
  environment: LocalEnvironment,
  release: ReleaseSet,
): Promise<void> {
  for (const { candidate } of release) {
    const service = environment.file.services.find(({ name }) => name === candidate.service);
    if (service) await keepArtifact(environment.artifactOf(service), candidate.artifact);
  }
}

/**
 * What goes out: the first service always, so that there is something to try; the others only where their
 * build has changed. `installed` is what stands for stable revisions that are not recorded yet.
 */
export async function planRelease(
  environment: LocalEnvironment,
  number: number,
  nowMs: number,
  variables: Readonly<Record<string, string>>,
  installed: ReleaseSet = [],
): Promise<ReleaseSet> {
  const changes = await Promise.all(
    environment.file.services.map(async (service, index) => {
      const [recorded] = await environment.record.history(service.name);
      const stable =
        recorded ??
        installed.find(({ candidate }) => candidate.service === service.name)?.candidate;
      const candidate = await describeCandidate(environment, service, number, nowMs);
      if (index > 0 && stable?.digest === candidate.digest) return [];
      const own = index === 0 ? { ...candidate, variables } : candidate;
      return [{ stable, candidate: own, migrates: service.migrateArgs !== undefined }];
    }),
  );
  return changes.flat();
}

/** What has never run in this environment and has to be there before anything can be compared with it. */
export async function planInstall(
  environment: LocalEnvironment,
  number: number,
  nowMs: number,
): Promise<ReleaseSet> {
  const changes = await Promise.all(
    environment.file.services.map(async (service) => {
      if ((await environment.record.history(service.name)).length > 0) return [];
      return [
        {
          stable: undefined,
          candidate: await describeCandidate(environment, service, number, nowMs),
          migrates: service.migrateArgs !== undefined,
        },
      ];
    }),
  );
  return changes.flat();
}
