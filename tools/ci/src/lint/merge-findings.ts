import type { Finding } from '@prompt-card/workflow';

/**
 * One list from three checkers, each mistake once. The official service is newer than actionlint
 * and decides what exists (keys, events, scopes, functions, properties of `github`); actionlint
 * decides types and what expressions mean; our own rules, which explain most, come first.
 */
export function mergeFindings(
  own: readonly Finding[],
  official: readonly Finding[],
  actionlint: readonly Finding[],
  content: string,
): Finding[] {
  const lines = content.split('\n');
  const officialErrors = mergeSamePlace(
    withoutFollowers(official.filter((finding) => finding.rule === 'languageservice/error')),
  )
    .filter((finding) => !own.some((other) => coversOfficial(other, finding)))
    .map((finding) => explained(finding, actionlint));
  const accepted = actionlint
    .filter((finding) => !isOutdated(finding, official, lines))
    .filter((finding) => !own.some((other) => coversActionlint(other, finding)))
    .filter((finding) => !officialErrors.some((other) => isSame(other, finding)));
  return [...own, ...officialErrors, ...mergeSamePlace(accepted)].sort(
    (a, b) => a.line - b.line || a.column - b.column,
  );
}

/** After a YAML error everything else in the file is noise; a cycle is reported at its `needs`. */
function withoutFollowers(findings: readonly Finding[]): readonly Finding[] {
  const yaml = findings.find(({ message }) =>
    /indentation|Implicit keys|compact mappings|Flow (map|sequence)|Missing closing|must be followed|Unresolved alias|Unexpected scalar|Block collections|Nested mappings/.test(
      message,
    ),
  );
  if (yaml !== undefined) return [yaml];
  const hasNeeds = findings.some(({ message }) => /^Value '.*' is not valid$/.test(message));
  return findings.filter(
    ({ message }) => !(hasNeeds && message.includes('at least one job with no dependencies')),
  );
}

/** The service only says that a need is not valid; actionlint says why. */
function explained(finding: Finding, actionlint: readonly Finding[]): Finding {
  const need = /^Value '(.*)' is not valid$/.exec(finding.message)?.[1];
  if (need === undefined) return finding;
  const reason = actionlint.find(
    ({ rule, message }) => rule === 'actionlint/job-needs' && message.includes(`"${need}"`),
  );
  return reason === undefined ? finding : { ...finding, message: reason.message };
}

/** A misspelt key is an unexpected value and a missing property at one place. */
function mergeSamePlace(findings: readonly Finding[]): Finding[] {
  const places = new Map<string, Finding>();
  for (const finding of findings) {
    const key = `${finding.line}:${finding.column}`;
    const first = places.get(key);
    if (first === undefined) places.set(key, finding);
    else if (!first.message.includes(finding.message)) {
      places.set(key, { ...first, message: `${first.message}; ${finding.message}` });
    }
  }
  return [...places.values()];
}

/** What actionlint calls wrong because it is older than the syntax. */
function isOutdated(finding: Finding, official: readonly Finding[], lines: readonly string[]) {
  const { message, rule, line, column } = finding;
  const confirmed = official.some((other) => other.line === line);
  if (
    /unexpected key|unknown permission scope|unknown Webhook event|invalid activity type/.test(
      message,
    )
  ) {
    return !confirmed;
  }
  if (/alias node|undefined function/.test(message)) return !confirmed;
  if (/\$\//.test(message) && /^actionlint\/(action|workflow-call)$/.test(rule)) return true;
  if (rule === 'actionlint/runner-label') return !isMisspeltRunner(message);
  if (/is not defined in object type/.test(message)) {
    const text = lines[line - 1]?.slice(column - 1) ?? '';
    return /^(github|runner|job|strategy)\b/i.test(text) && !confirmed;
  }
  return false;
}

const runnerLabels = [
  'ubuntu-latest',
  'ubuntu-slim',
  'ubuntu-24.04',
  'ubuntu-22.04',
  'ubuntu-24.04-arm',
  'windows-latest',
  'windows-2025',
  'windows-2022',
  'macos-latest',
  'macos-15',
  'macos-14',
  'self-hosted',
];

/** A label of one's own is not a mistake; one that is nearly GitHub's is. */
function isMisspeltRunner(message: string): boolean {
  const label = /^label "([^"]+)" is unknown/.exec(message)?.[1];
  if (label === undefined) return true;
  if (/^(ubuntu|windows|macos)-\d/.test(label) || runnerLabels.includes(label)) return false;
  return runnerLabels.some((known) => distance(known, label) <= 2);
}

function distance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, i) => i);
  for (let i = 1; i <= left.length; i++) {
    const current = [i];
    for (let j = 1; j <= right.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      current[j] = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, substitution);
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}

/** Rules of ours that say the same as an expression finding on the same line. */
const expressionRules = [
  'missing-need',
  'undeclared-output',
  'output-never-set',
  'undeclared-secret',
];

function coversActionlint(own: Finding, other: Finding): boolean {
  if (own.line !== other.line) return false;
  if (own.rule === 'script-injection') return other.message.includes('potentially untrusted');
  if (expressionRules.includes(own.rule))
    return /is not defined in object type/.test(other.message);
  if (own.rule === 'call-mismatch') return /^actionlint\/(workflow-call|action)$/.test(other.rule);
  return own.rule === 'unparsable-matrix' && other.rule === 'actionlint/expression';
}

function coversOfficial(own: Finding, other: Finding): boolean {
  return own.line === other.line && own.rule === 'call-mismatch';
}

/** Whether actionlint repeats the official finding. */
function isSame(official: Finding, other: Finding): boolean {
  if (other.rule === 'actionlint/job-needs' && official.message.includes(other.message))
    return true;
  const missing = /Required property is missing: ([\w-]+)/.exec(official.message)?.[1];
  if (missing !== undefined && other.message.includes(`"${missing}" section is missing`))
    return true;
  if (/could not parse as YAML/.test(other.message)) return true;
  if (official.line !== other.line) return false;
  if (other.rule === 'actionlint/expression' || other.rule === 'actionlint/syntax-check')
    return true;
  return Math.abs(official.column - other.column) <= 12;
}
