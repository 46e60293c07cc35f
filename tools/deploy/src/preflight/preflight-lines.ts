import {
  type Plan,
  type ReleaseSet,
  type Step,
  describeStep,
  describeWait,
  revisionName,
} from '@prompt-card/rollout';
import type { HookDefinition } from '../environment/hook-schema.ts';
import type { OpenWindow } from '../freeze/open-windows.ts';
import { applicableHooks } from '../hooks/applicable-hooks.ts';
import { formatPercent } from '../output/figures.ts';
import { alignColumns } from '../output/table.ts';
import type { ServiceReading } from './read-drift.ts';
import type { MigrationForecast } from './read-migrations.ts';

/** A plan that would be worked off, and how it is announced. */
export interface AnnouncedPlan {
  readonly title: string;
  readonly plan: Plan;
}

/** Everything that is known before a rollout begins. */
export interface Preflight {
  readonly environment: string;
  readonly folder: string;
  readonly running: boolean;
  readonly services: readonly ServiceReading[];
  /** Percent of the requests of one moment, by service and revision; absent where none came. */
  readonly measured: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly release: ReleaseSet;
  readonly migrations: readonly MigrationForecast[];
  readonly windows: readonly OpenWindow[];
  readonly hooks: readonly HookDefinition[];
  readonly plans: readonly AnnouncedPlan[];
  /** What would be refused, if anything, with the way out. */
  readonly refusals: readonly string[];
}

/** A dry run for a person: what is, what differs, what would change, what each step would wait for. */
export function preflightLines(preflight: Preflight): readonly string[] {
  return [
    `dry run: nothing is changed in ${preflight.environment} (${preflight.folder})`,
    '',
    'release:',
    ...preflight.services.flatMap((reading) => releaseLine(reading, preflight.release)),
    '',
    ...realityLines(preflight),
    '',
    ...section(
      'drift',
      preflight.services.flatMap(({ drift }) =>
        drift.map(
          ({ text, remedy, harmless }) =>
            `${text}; ${harmless ? remedy : `with --accept-drift ${remedy}`}`,
        ),
      ),
    ),
    ...section('migrations', preflight.migrations.flatMap(migrationLines)),
    ...section(
      'freeze',
      preflight.windows.map(
        ({ name, untilMs }) => `"${name}" until ${new Date(untilMs).toISOString()}`,
      ),
    ),
    ...preflight.plans.flatMap((announced) => planLines(announced, preflight.hooks)),
    ...(preflight.refusals.length > 0
      ? ['', ...section('would be refused', preflight.refusals)]
      : []),
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0
    ? [`${title}: none`]
    : [`${title}:`, ...lines.map((line) => `  ${line}`)];
}

function releaseLine({ service, stable }: ServiceReading, release: ReleaseSet): string {
  const candidate = release.find((change) => change.candidate.service === service)?.candidate;
  if (!candidate)
    return `  ${service}: ${stable?.id ?? 'nothing'} stays, its build has not changed`;
  const digest = candidate.digest.slice(0, 12);
  const variables = Object.entries(candidate.variables).map(([name, value]) => `${name}=${value}`);
  const build =
    stable === undefined
      ? `build ${digest}`
      : stable.digest === candidate.digest
        ? `the same build ${digest}`
        : `build ${stable.digest.slice(0, 12)} → ${digest}`;
  const from = stable === undefined ? '' : `${stable.id} → `;
  return `  ${service}: ${from}${candidate.id}, ${[build, ...variables].join(', ')}`;
}

function realityLines({ running, services, measured }: Preflight): readonly string[] {
  if (!running) return ['now: nothing runs; database and load balancer are started first'];
  const rows = services.flatMap(({ service, stable, arms, health }) => {
    const ids = [...new Set([...arms.map(({ revisionId }) => revisionId), ...Object.keys(health)])];
    return ids.map((id) => [
      `${service} ${id}${id === stable?.id ? ' (stable)' : ''}`,
      health[id] ?? 'absent',
      formatPercent(arms.find(({ revisionId }) => revisionId === id)?.weight ?? 0),
      formatPercent(measured[service]?.[id]),
    ]);
  });
  const table = alignColumns([['revision', 'health', 'asked', 'measured'], ...rows]);
  return ['now:', ...table.map((line) => `  ${line}`)];
}

function migrationLines(forecast: MigrationForecast): readonly string[] {
  const name = revisionName(forecast.candidate);
  if (forecast.kind === 'unknown') return [`${name}: ${forecast.why}`];
  return forecast.findings.flatMap(({ tag, kind, contractions, breaks }) => [
    `${name} applies ${tag}, which ${kind}s`,
    ...contractions.map(({ statement, reason }) => `  ${reason}: ${statement}`),
    ...(breaks.length > 0
      ? [`  would break ${breaks.map(({ revision }) => revisionName(revision)).join(', ')}`]
      : []),
  ]);
}

function planLines(
  { title, plan }: AnnouncedPlan,
  hooks: readonly HookDefinition[],
): readonly string[] {
  return [
    '',
    `${title}, ${plan.strategy}:`,
    ...plan.steps.flatMap((step, index) => {
      const wait = describeWait(step);
      return [
        `  ${index + 1}. ${describeStep(step)}`,
        ...(wait === undefined ? [] : [`     waits: ${wait}`]),
        ...hookLines(step, hooks).map((line) => `     ${line}`),
      ];
    }),
  ];
}

function hookLines(step: Step, hooks: readonly HookDefinition[]): readonly string[] {
  return (['before', 'during', 'after'] as const).flatMap((moment) =>
    applicableHooks(hooks, moment, step).map(
      ({ name, required }) => `hook ${moment}: ${name}${required ? '' : ' (not required)'}`,
    ),
  );
}
