import type { SessionResult } from '../rollout/rollout-session.ts';
import { describeOutcome, nextMoves } from './outcome.ts';
import { runbookLink } from './runbook.ts';

/** The last lines of a command that ran a rollout. */
export function resultLines({
  rollout,
  traffic,
  report,
  urls,
  unheeded,
  about,
}: SessionResult): readonly string[] {
  return [
    '',
    describeOutcome(rollout),
    ...(traffic
      ? [`${traffic.sent} requests sent, ${traffic.sent - traffic.succeeded} failed`]
      : []),
    ...Object.entries(urls).map(([service, url]) => `${service}: ${url}`),
    report.file === undefined
      ? `no report was written: ${report.problem}; the figures are above`
      : `report: ${report.file} (and report.json beside it)`,
    ...unheeded,
    ...(about ? [`about the step that did not pass: ${runbookLink(about)}`] : []),
    ...nextMoves(rollout),
  ];
}
