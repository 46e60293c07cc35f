import type { Finding } from '@prompt-card/workflow';
import { runLint } from './load-actionlint.cjs';

/** actionlint's own findings, before those that the official parser knows better are dropped. */
export async function runActionlint(path: string, content: string): Promise<Finding[]> {
  const problems = await runLint(content, path);
  return problems.map(({ line, column, kind, message }) => ({
    rule: `actionlint/${kind}`,
    path,
    line,
    column: Math.max(column, 1),
    message,
  }));
}
