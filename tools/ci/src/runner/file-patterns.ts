import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { matchesFilter } from '@prompt-card/workflow';

/** All files below a folder, relative to it; `node_modules` and `.git` are never looked into. */
export function filesBelow(folder: string, hidden = true): string[] {
  const found: string[] = [];
  const visit = (relative: string): void => {
    for (const item of fs.readdirSync(path.join(folder, relative), { withFileTypes: true })) {
      const name = path.posix.join(relative, item.name);
      if (!hidden && item.name.startsWith('.')) continue;
      if (item.isDirectory()) {
        if (item.name !== 'node_modules' && item.name !== '.git') visit(name);
      } else if (item.isFile()) found.push(name);
    }
  };
  if (fs.existsSync(folder)) visit('');
  return found.sort();
}

/** `hashFiles(...)`: one hash over the hashes of all matching files; empty when none matches. */
export function hashFiles(workspace: string, patterns: readonly string[]): string {
  const cleaned = patterns.map((pattern) => pattern.replace(/^(!?)\.\//, '$1'));
  const files = filesBelow(workspace).filter((file) => matchesFilter(cleaned, file));
  if (files.length === 0) return '';
  const total = createHash('sha256');
  for (const file of files) {
    const content = fs.readFileSync(path.join(workspace, file));
    total.update(createHash('sha256').update(content).digest());
  }
  return total.digest('hex');
}

/** What a list of paths and patterns names, one a line, relative to the workspace. */
export function selectFiles(workspace: string, lines: string, hidden: boolean): string[] {
  const patterns = lines
    .split('\n')
    .map((line) => line.trim().replace(/^(!?)(?:\.\/)?(.*?)\/?$/, '$1$2'))
    .filter((line) => line !== '');
  const expanded = patterns.flatMap((pattern) => [pattern, `${pattern}/**`]);
  return filesBelow(workspace, hidden).filter((file) => matchesFilter(expanded, file));
}
