import type { QuarantinedArtifact, Saving, StoredArtifact, TaskDuration } from '@prompt-card/cache';
import type { ScopeUsage } from '../upkeep/retention.ts';
import { pageStyle } from './page-style.ts';
import { formatBytes, formatDuration } from './units.ts';

/** Everything that the page shows. */
export interface PageFacts {
  readonly since: number;
  readonly now: number;
  readonly hits: number;
  readonly misses: number;
  readonly stored: number;
  readonly bytesServed: number;
  readonly maxBytes: number;
  readonly savings: readonly Saving[];
  readonly biggest: readonly StoredArtifact[];
  readonly durations: ReadonlyMap<string, TaskDuration>;
  readonly usage: readonly ScopeUsage[];
  readonly quarantined: readonly QuarantinedArtifact[];
}

const MOST_ROWS = 20;

/** The one page, as HTML that needs nothing else: no script, no font, no other request. */
export function renderPage(facts: PageFacts): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Remote cache</title>
<style>${pageStyle}</style>
</head>
<body>
<header><h1>Remote cache</h1><p>Since ${day(facts.since)}, as of ${day(facts.now)}</p></header>
<main>
${tiles(facts)}
${savingsTable(facts.savings)}
<div class="pair">
${biggestTable(facts)}
${scopesTable(facts.usage)}
</div>
${quarantineTable(facts.quarantined)}
</main>
</body>
</html>
`;
}

function tiles(facts: PageFacts): string {
  const reads = facts.hits + facts.misses;
  const savedMs = facts.savings.reduce((sum, saving) => sum + saving.savedMs, 0);
  const bytes = facts.usage.reduce((sum, usage) => sum + usage.bytes, 0);
  const artifacts = facts.usage.reduce((sum, usage) => sum + usage.artifacts, 0);
  const rate = reads === 0 ? '–' : `${Math.round((facts.hits / reads) * 100)} %`;
  return `<section class="tiles" aria-label="Overview">
${tile('Hit rate', rate, `${count(facts.hits)} of ${count(reads)} reads`)}
${tile('Time saved', savedMs === 0 ? '–' : formatDuration(savedMs), 'machine time that tasks did not take')}
${tile('Served', formatBytes(facts.bytesServed), `${count(facts.stored)} artifacts written`)}
${tile('Stored', formatBytes(bytes), `${count(artifacts)} artifacts, ${formatBytes(facts.maxBytes)} allowed`)}
${tile('Quarantine', count(facts.quarantined.length), facts.quarantined.length === 0 ? 'every body is what was written' : 'see below', facts.quarantined.length > 0)}
</section>`;
}

function tile(name: string, value: string, note: string, isAlarming = false): string {
  return `<div class="tile${isAlarming ? ' alarming' : ''}"><h2>${name}</h2><strong>${value}</strong><p>${note}</p></div>`;
}

function savingsTable(savings: readonly Saving[]): string {
  const most = Math.max(1, ...savings.map(({ savedMs }) => savedMs));
  const rows = savings.slice(0, MOST_ROWS).map(
    ({ project, target, hits, bytes, savedMs }) => `<tr>
<td>${project === 'unreported' ? '<em>duration not reported</em>' : `${escape(project)}<span class="target">:${escape(target)}</span>`}</td>
<td class="number">${count(hits)}</td><td class="number">${formatBytes(bytes)}</td>
<td class="number">${savedMs === 0 ? '–' : formatDuration(savedMs)}</td>
<td class="bar"><div style="width:${((savedMs / most) * 100).toFixed(1)}%"></div></td></tr>`,
  );
  const heads = ['Task', '#Hits', '#Bytes', '#Time saved', ''];
  return table('Saved by project and target', heads, rows, 'No artifact was read yet.');
}

function biggestTable({ biggest, durations }: PageFacts): string {
  const rows = biggest.slice(0, 10).map(({ scope, hash, size, lastReadAt }) => {
    const task = durations.get(hash);
    const name = task
      ? `${escape(task.project)}<span class="target">:${escape(task.target)}</span>`
      : `<code>${escape(hash)}</code>`;
    return `<tr><td>${name}</td><td>${scope}</td><td class="number">${formatBytes(size)}</td><td class="number">${day(lastReadAt)}</td></tr>`;
  });
  return table(
    'Biggest entries',
    ['Task', 'Scope', '#Size', '#Last read'],
    rows,
    'Nothing stored.',
  );
}

function scopesTable(usage: readonly ScopeUsage[]): string {
  const rows = usage
    .toSorted((a, b) => b.bytes - a.bytes)
    .slice(0, MOST_ROWS)
    .map(
      ({ scope, artifacts, bytes }) =>
        `<tr><td>${scope}</td><td class="number">${count(artifacts)}</td><td class="number">${formatBytes(bytes)}</td></tr>`,
    );
  return table('Scopes', ['Scope', '#Artifacts', '#Size'], rows, 'Nothing stored.');
}

function quarantineTable(quarantined: readonly QuarantinedArtifact[]): string {
  const rows = quarantined
    .slice(0, MOST_ROWS)
    .map(
      ({ scope, hash, reason, at }) =>
        `<tr><td>${day(at)}</td><td><code>${scope}/${escape(hash)}</code></td><td>${escape(reason)}</td></tr>`,
    );
  return table('Quarantine', ['When', 'Artifact', 'Reason'], rows, 'Empty, as it should be.');
}

function table(
  title: string,
  heads: readonly string[],
  rows: readonly string[],
  empty: string,
): string {
  const cells = heads.map((head) =>
    head.startsWith('#')
      ? `<th scope="col" class="number">${head.slice(1)}</th>`
      : `<th scope="col">${head}</th>`,
  );
  const content =
    rows.length === 0
      ? `<p class="empty">${empty}</p>`
      : `<div class="scroll"><table><thead><tr>${cells.join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
  return `<section class="card"><h2>${title}</h2>${content}</section>`;
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

function day(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}

/** Project and target names come from whoever may write. */
function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
