import {
  type Drift,
  type MigrationFinding,
  type Revision,
  RolloutError,
  revisionName,
} from '@prompt-card/rollout';
import type { OpenWindow } from '../freeze/open-windows.ts';
import type { MigrationForecast } from './read-migrations.ts';

/** What a person has said about what would otherwise be refused. */
export interface Overrulings {
  readonly acceptDrift: boolean;
  readonly forgetOlder: boolean;
  /** Why it cannot wait for the end of a freeze. */
  readonly breakGlass: string | undefined;
}

/** What is overruled, in words for the audit log; throws what is refused. */
export function passFreeze(
  environment: string,
  windows: readonly OpenWindow[],
  { breakGlass }: Pick<Overrulings, 'breakGlass'>,
): readonly string[] {
  const [first] = windows;
  if (!first) return [];
  const until = new Date(Math.max(...windows.map(({ untilMs }) => untilMs))).toISOString();
  const names = windows.map(({ name }) => `"${name}"`).join(', ');
  if (breakGlass?.trim()) return [`freeze window ${names}: ${breakGlass.trim()}`];
  throw new RolloutError('FROZEN', `${environment} is frozen by ${names} until ${until}`, {
    next: `wait, or say why it cannot: --break-glass="reason" (recorded); going back is never frozen`,
  });
}

export function passDrift(
  drift: readonly Drift[],
  { acceptDrift }: Pick<Overrulings, 'acceptDrift'>,
): readonly string[] {
  const grave = drift.filter(({ harmless }) => !harmless);
  if (grave.length === 0) return [];
  if (acceptDrift) return grave.map(({ text, remedy }) => `drift: ${text}; ${remedy}`);
  throw new RolloutError('DRIFT', grave.map(({ text }) => text).join('; '), {
    next: `look at it with --dry-run, then mend it or add --accept-drift: ${grave.map(({ remedy }) => remedy).join('; ')}`,
  });
}

/** Revisions that are given up so that a migration may contract. */
export interface MigrationPass {
  readonly forget: readonly Revision[];
  readonly overruled: readonly string[];
}

export function passMigrations(
  forecasts: readonly MigrationForecast[],
  { forgetOlder }: Pick<Overrulings, 'forgetOlder'>,
): MigrationPass {
  const findings = forecasts.flatMap((forecast) =>
    forecast.kind === 'known' ? forecast.findings : [],
  );
  const breaking = findings.filter(({ breaks }) => breaks.length > 0);
  if (breaking.length === 0) return { forget: [], overruled: [] };
  const serving = breaking.filter(({ breaks }) => breaks.some((each) => each.serving));
  if (serving.length > 0) throw contracts(serving, expandFirst(serving));
  if (!forgetOlder) throw contracts(breaking, giveUp());
  const forget = [...new Set(breaking.flatMap(({ breaks }) => breaks.map((b) => b.revision)))];
  return {
    forget,
    overruled: [`gave up ${forget.map(revisionName).join(', ')} for ${tags(breaking)}`],
  };
}

function contracts(findings: readonly MigrationFinding[], next: string): RolloutError {
  const facts = findings.map(({ tag, contractions: [first], breaks }) => {
    const names = breaks.map(({ revision }) => revisionName(revision)).join(', ');
    return `migration ${tag} ${first?.reason ?? 'contracts'} (${first?.statement ?? ''}), and ${names} may need what it takes away`;
  });
  return new RolloutError('MIGRATION_CONTRACTS', facts.join('; '), {
    next,
  });
}

function expandFirst(findings: readonly MigrationFinding[]): string {
  return `first release a revision that does not need it and leave ${tags(findings)} out; once that is stable, mark the migration: -- contract: safe since <a migration that the revision brings>`;
}

function giveUp(): string {
  return 'wait until they have left the history, or give them up for good with --forget-older';
}

function tags(findings: readonly MigrationFinding[]): string {
  return findings.map(({ tag }) => tag).join(', ');
}
