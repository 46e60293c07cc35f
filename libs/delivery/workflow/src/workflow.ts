import type { Located, Position } from './located.ts';

/** One workflow file. Values that may hold expressions stay {@link Located} until they are needed. */
export interface Workflow {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  /** `name:`, or the path, as GitHub shows it and as `workflow_run` refers to it. */
  readonly name: string;
  readonly triggers: readonly Trigger[];
  readonly env?: Located;
  readonly permissions?: Located;
  readonly concurrency?: Located;
  readonly defaults?: Located;
  readonly jobs: readonly Job[];
  /** The whole file, for rules that look beyond the model. */
  readonly root: Located;
  readonly content: string;
  /** What the official parser rejects; a workflow with problems does not run. */
  readonly problems: readonly Problem[];
}

export interface Problem {
  readonly message: string;
  readonly at: Position;
}

/** One event under `on:`, with its filters as they are written. */
export interface Trigger {
  readonly event: string;
  readonly config?: Located;
  readonly at: Position;
}

/** The condition of a job or step, with the implicit `success()` written out. */
export interface Condition {
  readonly expression: string;
  /** False when there was no `if:` at all. */
  readonly isWritten: boolean;
  readonly at: Position;
}

export interface Job {
  readonly id: string;
  readonly at: Position;
  readonly name?: Located;
  readonly needs: readonly { readonly id: string; readonly at: Position }[];
  readonly condition: Condition;
  readonly strategy?: Located;
  readonly env?: Located;
  readonly outputs?: Located;
  readonly permissions?: Located;
  readonly concurrency?: Located;
  readonly defaults?: Located;
  readonly environment?: Located;
  readonly runsOn?: Located;
  readonly container?: Located;
  readonly services?: Located;
  readonly timeoutMinutes?: Located;
  readonly continueOnError?: Located;
  /** Set on a job that calls a reusable workflow; such a job has no steps. */
  readonly uses?: { readonly reference: string; readonly at: Position };
  readonly with?: Located;
  readonly secrets?: Located;
  readonly steps: readonly Step[];
}

export interface Step {
  /** `id:`; a step without one cannot be referred to. */
  readonly id?: string;
  readonly index: number;
  readonly at: Position;
  readonly name?: Located;
  readonly condition: Condition;
  readonly uses?: { readonly reference: string; readonly at: Position };
  readonly run?: Located;
  readonly with?: Located;
  readonly env?: Located;
  readonly shell?: Located;
  readonly workingDirectory?: Located;
  readonly timeoutMinutes?: Located;
  readonly continueOnError?: Located;
  /** Keys that this model has no meaning for (`background`, `parallel`, ...); named, never ignored. */
  readonly unsupported: readonly string[];
}

/** A local `action.yml`. */
export interface Action {
  readonly path: string;
  readonly name: string;
  readonly inputs: readonly {
    readonly name: string;
    readonly default?: Located;
    readonly isRequired: boolean;
  }[];
  readonly outputs: readonly { readonly name: string; readonly value?: Located; at: Position }[];
  readonly runs:
    | { readonly using: 'composite'; readonly steps: readonly Step[] }
    | {
        readonly using: 'node';
        readonly version: string;
        readonly main: string;
        readonly pre?: string;
        readonly post?: string;
      }
    | { readonly using: 'docker' };
  readonly root: Located;
  readonly content: string;
  readonly problems: readonly Problem[];
}
