import { type LeaseHolder, currentHolder } from '@prompt-card/local';
import { type Rollout, RolloutError, type TrafficSummary, summarise } from '@prompt-card/rollout';
import type { LocalEnvironment } from '../environment/local-environment.ts';
import { formatMs, formatPercent } from '../output/figures.ts';
import { describeInterrupted, describeOutcome, nextMoves } from '../output/outcome.ts';
import { alignColumns } from '../output/table.ts';
import { type RecordedRollout, lastRollout } from './rollout-files.ts';

/** One revision of a service, as it is now. */
interface RevisionStatus extends TrafficSummary {
  readonly id: string;
  readonly stable: boolean;
  readonly health: string;
  /** Percent. */
  readonly asked: number;
  readonly inFlight: number;
}

interface ServiceSummary {
  readonly name: string;
  readonly url: string | undefined;
  /** Newest first; the first is the stable one. */
  readonly history: readonly string[];
  readonly revisions: readonly RevisionStatus[];
}

/** An environment as it is now, read from what runs and not from what was written down. */
export interface EnvironmentStatus {
  readonly environment: string;
  readonly folder: string;
  readonly running: boolean;
  readonly holder: LeaseHolder | undefined;
  readonly services: readonly ServiceSummary[];
  readonly lastRollout: Rollout | undefined;
  /** Bytes of a record that its writer did not finish. */
  readonly tornBytes: number;
  /** Why the last rollout's journal cannot be read, and what to do; what runs is known without it. */
  readonly journalProblem: string | undefined;
}

export async function readStatus(environment: LocalEnvironment): Promise<EnvironmentStatus> {
  const running = await environment.connect();
  const services = await Promise.all(
    environment.file.services.map(async ({ name }): Promise<ServiceSummary> => {
      const history = (await environment.record.history(name)).map(({ id }) => id);
      const arms = (await running?.router.observe(name)) ?? [];
      const instances = (await running?.workload.instances()) ?? [];
      const revisions = await Promise.all(
        arms.map(async (arm): Promise<RevisionStatus> => {
          const instance = instances.find(
            ({ revision }) => revision.service === name && revision.id === arm.revisionId,
          );
          const health = instance && (await running?.workload.health(instance.revision));
          return {
            id: arm.revisionId,
            stable: arm.revisionId === history[0],
            health: health?.state ?? 'absent',
            asked: arm.weight,
            inFlight: arm.inFlight,
            ...summarise(arm.counts),
          };
        }),
      );
      return { name, url: running?.urls[name], history, revisions };
    }),
  );
  const { last, problem } = await readLast(environment);
  return {
    environment: environment.file.name,
    folder: environment.folder,
    running: running !== undefined,
    holder: await currentHolder(environment.path('lease')),
    services,
    lastRollout: last?.rollout,
    tornBytes: last?.content.tornBytes ?? 0,
    journalProblem: problem,
  };
}

async function readLast(
  environment: LocalEnvironment,
): Promise<{ readonly last?: RecordedRollout | undefined; readonly problem?: string }> {
  try {
    return { last: await lastRollout(environment) };
  } catch (error) {
    if (!(error instanceof RolloutError) || error.code !== 'JOURNAL_CORRUPT') throw error;
    return { problem: `${error.message}; ${error.next ?? ''}` };
  }
}

/** The status for a person. */
export function statusLines(status: EnvironmentStatus): readonly string[] {
  const { holder, lastRollout: last } = status;
  return [
    `${status.environment}: ${status.running ? 'running' : 'not running; start it with npx nx run deploy:canary'} (${status.folder})`,
    ...(holder
      ? [
          `held by ${holder.by} for ${holder.purpose} since ${new Date(holder.sinceMs).toISOString()}`,
        ]
      : []),
    ...status.services.flatMap(serviceLines),
    ...(last
      ? [
          '',
          `last rollout: ${holder ? describeOutcome(last) : describeInterrupted(last)}`,
          ...(holder ? [] : nextMoves(last)),
        ]
      : []),
    ...(status.journalProblem === undefined
      ? []
      : ['', `last rollout: its journal is damaged: ${status.journalProblem}`]),
    ...(status.tornBytes > 0
      ? [
          `its journal ends in ${status.tornBytes} bytes of a record that was never finished; they are left out`,
        ]
      : []),
  ];
}

const HEADINGS = [
  'revision',
  'health',
  'asked',
  'in flight',
  'requests',
  'errors',
  'p50 ms',
  'p95 ms',
  'p99 ms',
];

function serviceLines({ name, url, history, revisions }: ServiceSummary): readonly string[] {
  const rows = revisions.map((revision) => [
    `${revision.id}${revision.stable ? ' (stable)' : ''}`,
    revision.health,
    formatPercent(revision.asked),
    String(revision.inFlight),
    String(revision.requests),
    String(revision.errors),
    formatMs(revision.p50Ms),
    formatMs(revision.p95Ms),
    formatMs(revision.p99Ms),
  ]);
  return [
    '',
    `${name}${url ? ` at ${url}` : ''}; stable so far: ${history.join(', ') || 'none'}`,
    ...(rows.length === 0 ? [] : alignColumns([HEADINGS, ...rows]).map((line) => `  ${line}`)),
  ];
}
