import { summarise } from '@prompt-card/rollout';
import type { TrafficReport } from '@prompt-card/local';
import type { RolloutLog } from '../rollout/rollout-log.ts';
import { ARM_HEADINGS, armRow } from './arm-rows.ts';
import { formatDuration } from './figures.ts';
import { describeOutcome } from './outcome.ts';

/** Everything that a report says. */
export interface ReportInput {
  readonly environment: string;
  readonly by: string;
  readonly log: RolloutLog;
  readonly finishedAtMs: number;
  /** What the rollout's own clients saw; absent where others sent the traffic. */
  readonly traffic: TrafficReport | undefined;
}

/** The report for a person. */
export function reportMarkdown(input: ReportInput): string {
  const { log, traffic } = input;
  const { plan, reason } = log.rollout;
  const lines = [
    `# ${describeOutcome(log.rollout)}`,
    '',
    `- Environment: ${input.environment}`,
    `- Started by ${input.by} at ${new Date(log.startedAtMs).toISOString()}: ${reason}`,
    `- Took ${formatDuration(input.finishedAtMs - log.startedAtMs)}`,
    ...plan.release.map(
      ({ stable, candidate }) =>
        `- ${candidate.service}: ${stable ? `${stable.id} → ` : ''}${candidate.id} (sha256 ${candidate.digest.slice(0, 12)})${describeVariables(candidate.variables)}`,
    ),
    '',
    '## Steps',
    '',
    ...markdownTable([
      ['#', 'step', 'took', 'outcome', 'evidence'],
      ...log.steps.map(({ text, startedAtMs, finishedAtMs, verdict }, index) => [
        String(index + 1),
        text,
        finishedAtMs === undefined ? '–' : formatDuration(finishedAtMs - startedAtMs),
        verdict?.outcome ?? 'interrupted',
        verdict?.reason ?? '',
      ]),
    ]),
    '',
    '## Traffic at the load balancer, while the rollout ran',
    '',
    ...markdownTable([ARM_HEADINGS, ...log.arms.map(armRow)]),
    '',
    'Asked and measured shares are those after the last change of weights.',
    ...(traffic ? ['', '## The rollout’s own clients', '', ...describeTraffic(traffic)] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** The report for a script. Times are milliseconds since the epoch, shares percent, latencies milliseconds. */
export function reportJson(input: ReportInput): object {
  const { log, traffic } = input;
  const { id, plan, phase, reason } = log.rollout;
  return {
    environment: input.environment,
    rollout: id,
    strategy: plan.strategy,
    outcome: phase,
    reason,
    by: input.by,
    startedAtMs: log.startedAtMs,
    finishedAtMs: input.finishedAtMs,
    release: plan.release,
    steps: log.steps,
    arms: log.arms.map(({ counts, ...arm }) => ({ ...arm, ...summarise(counts) })),
    traffic: traffic && {
      sent: traffic.sent,
      succeeded: traffic.succeeded,
      failed: traffic.failed,
      byOperation: traffic.byOperation,
    },
  };
}

function describeVariables(variables: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return pairs.length === 0 ? '' : `, with ${pairs.join(', ')}`;
}

function describeTraffic({ sent, succeeded, failed, examples }: TrafficReport): readonly string[] {
  const failures = Object.entries(failed).map(([kind, count]) => `${kind}: ${count}`);
  return [
    `${sent} requests, ${succeeded} succeeded; failed: ${failures.join(', ')}.`,
    ...(examples.length === 0 ? [] : ['', ...examples.map((example) => `- \`${example}\``)]),
  ];
}

function markdownTable(rows: readonly (readonly string[])[]): readonly string[] {
  const [headings = [], ...body] = rows;
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(headings), line(headings.map(() => '---')), ...body.map(line)];
}
