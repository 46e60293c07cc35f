export interface ActionlintProblem {
  readonly line: number;
  readonly column: number;
  readonly kind: string;
  readonly message: string;
}

export function runLint(content: string, path: string): Promise<readonly ActionlintProblem[]>;
