import type { Finding } from '@prompt-card/workflow';
import { lintConfigPath, type Waiver } from './lint-config.ts';

/** What is left after the waivers, and what they held back. */
export interface WaivedReport {
  readonly open: readonly Finding[];
  readonly waived: readonly { readonly finding: Finding; readonly waiver: Waiver }[];
}

/**
 * Takes waived findings out of the report. A waiver past its last day holds nothing back and is
 * itself a finding, and so is one that holds nothing back: nobody keeps a list that nobody reads.
 */
export function applyWaivers(
  findings: readonly Finding[],
  waivers: readonly Waiver[],
  today: string,
): WaivedReport {
  const open: Finding[] = [];
  const waived: { finding: Finding; waiver: Waiver }[] = [];
  const used = new Set<Waiver>();
  for (const finding of findings) {
    const matching = waivers.filter((waiver) => matches(waiver, finding));
    for (const waiver of matching) used.add(waiver);
    const valid = matching.find((waiver) => waiver.expires >= today);
    if (valid === undefined) open.push(finding);
    else waived.push({ finding, waiver: valid });
  }
  for (const waiver of waivers) {
    const place = { path: lintConfigPath, line: 1, column: 1 };
    if (waiver.expires < today) {
      const message = `the waiver of ${waiver.rule} by ${waiver.owner} ended on ${waiver.expires}: ${waiver.reason}`;
      open.push({ ...place, rule: 'expired-waiver', message });
    } else if (!used.has(waiver)) {
      const message = `the waiver of ${waiver.rule} by ${waiver.owner} matches no finding`;
      open.push({ ...place, rule: 'unused-waiver', message });
    }
  }
  return { open, waived };
}

function matches(waiver: Waiver, finding: Finding): boolean {
  return (
    waiver.rule === finding.rule &&
    (waiver.path === undefined || waiver.path === finding.path) &&
    (waiver.contains === undefined || finding.message.includes(waiver.contains))
  );
}
