import type { LintReport } from './lint-repository.ts';
import { rulePage, ruleText } from './tool-rules.ts';

/** The report as text: each finding with its place, then why and what to do, once per rule. */
export function printReport(report: LintReport): string {
  const blocks = report.open.map(
    ({ path, line, column, rule, message }) => `${path}:${line}:${column} ${rule}: ${message}`,
  );
  const reasons = [...new Set(report.open.map(({ rule }) => rule))].map((rule) => {
    const { why, fix } = ruleText(rule);
    return `${rule}\n  why: ${why}\n  fix: ${fix}\n  page: ${rulePage(rule)}`;
  });
  const waived = report.waived.map(
    ({ finding, waiver }) =>
      `waived until ${waiver.expires} by ${waiver.owner}: ${finding.path}:${finding.line} ${finding.rule} (${waiver.reason})`,
  );
  const files = `${report.workflows} workflows and ${report.actions} local actions`;
  const count = report.open.length;
  const verdict = `${files}: ${count === 0 ? 'no findings' : `${count} findings`}${report.waived.length > 0 ? `, ${report.waived.length} waived` : ''}`;
  return [...blocks, ...reasons, ...summarize(waived), verdict].join('\n');
}

/** Waivers of one reason are one line with a count. */
function summarize(lines: readonly string[]): string[] {
  const groups = new Map<string, string[]>();
  for (const line of lines) {
    const key = line.replace(/: \S+:\d+ /, ': ');
    groups.set(key, [...(groups.get(key) ?? []), line]);
  }
  return [...groups].map(([key, members]) =>
    members.length === 1 ? (members[0] ?? '') : `${key} [${members.length} places]`,
  );
}
